import { AgentError } from '../errors.js';

interface Waiting<T> {
  resolve: (value: T) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/** Questions on their way to the worker, by the numbers they were asked under. */
export class PendingAnswers<T> {
  readonly #waiting = new Map<number, Waiting<T>>();
  #next = 0;

  get size(): number {
    return this.#waiting.size;
  }

  /** The answer is given up after so many ms. */
  add(limitMs: number): { id: number; answer: Promise<T> } {
    const id = this.#next++;
    const answer = new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => this.#giveUp(id), limitMs).unref();
      this.#waiting.set(id, { resolve, reject, timer });
    });
    return { id, answer };
  }

  resolve(id: number, value: T): void {
    this.#take(id)?.resolve(value);
  }

  #giveUp(id: number): void {
    this.#take(id)?.reject(new AgentError('WORKER_FAILED', 'the worker has not answered'));
  }

  #take(id: number): Waiting<T> | undefined {
    const waiting = this.#waiting.get(id);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(id);
    return waiting;
  }

  rejectAll(error: Error): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(error);
  }
}
