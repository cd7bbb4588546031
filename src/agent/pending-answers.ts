import { AgentError } from '../errors.js';

interface Waiting<T> {
  resolve: (value: T) => void;
  reject: (error: Error) => void;
}

/** A camera that is away answers nothing: of more questions the oldest are given up. */
const maxWaiting = 16;

/** Questions on their way to the worker, by the numbers they were asked under. */
export class PendingAnswers<T> {
  readonly #waiting = new Map<number, Waiting<T>>();
  #next = 0;

  get size(): number {
    return this.#waiting.size;
  }

  add(): { id: number; answer: Promise<T> } {
    const id = this.#next++;
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined && this.#waiting.size >= maxWaiting) this.#giveUp(oldest);
    const answer = new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    return { id, answer };
  }

  resolve(id: number, value: T): void {
    this.#waiting.get(id)?.resolve(value);
    this.#waiting.delete(id);
  }

  #giveUp(id: number): void {
    this.#waiting.get(id)?.reject(new AgentError('WORKER_FAILED', 'the worker has not answered'));
    this.#waiting.delete(id);
  }

  rejectAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
