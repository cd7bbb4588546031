export interface AnsweredRequestsOptions {
  /** How long a request is remembered, in ms. */
  readonly keepMs: number;
  readonly maxRequests: number;
  /** Length of all the answers that are kept together, in characters. */
  readonly maxAnswerLength: number;
}

interface Remembered {
  readonly begunAt: number;
  readonly content: string;
  state: 'running' | 'answered';
  /** Undefined while it runs, and when there was no room to keep it. */
  answer: string | undefined;
}

/** What is known of a request that came before. */
export interface KnownRequest extends Readonly<Pick<Remembered, 'state' | 'answer'>> {
  /** Whether it said the same. */
  readonly sameContent: boolean;
}

/**
 * The requests of the last minutes by their ids, with their answers: one that comes again, as QoS 1 allows, is
 * answered again instead of being run again. Bounded: the oldest are forgotten first, and answers before requests.
 */
export class AnsweredRequests {
  readonly #options: AnsweredRequestsOptions;
  /** The oldest first. */
  readonly #requests = new Map<string, Remembered>();
  #answerLength = 0;

  constructor(options: AnsweredRequestsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#requests.size;
  }

  /** `now` is a monotonic time in ms. */
  find(id: string, content: string, now: number): KnownRequest | undefined {
    this.#forgetOld(now);
    const known = this.#requests.get(id);
    if (known === undefined) return undefined;
    return { state: known.state, answer: known.answer, sameContent: known.content === content };
  }

  begin(id: string, content: string, now: number): void {
    this.#requests.set(id, { begunAt: now, content, state: 'running', answer: undefined });
    for (const oldest of this.#requests.keys()) {
      if (this.#requests.size <= this.#options.maxRequests) return;
      this.#forget(oldest);
    }
  }

  finish(id: string, answer: string): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    request.state = 'answered';
    request.answer = answer;
    this.#answerLength += answer.length;
    for (const older of this.#requests.values()) {
      if (this.#answerLength <= this.#options.maxAnswerLength) return;
      this.#answerLength -= older.answer?.length ?? 0;
      older.answer = undefined;
    }
  }

  /** It was not run after all, and may come again. */
  abandon(id: string): void {
    this.#forget(id);
  }

  #forgetOld(now: number): void {
    for (const [id, { begunAt, state }] of this.#requests) {
      if (now - begunAt < this.#options.keepMs) return;
      if (state === 'answered') this.#forget(id);
    }
  }

  #forget(id: string): void {
    this.#answerLength -= this.#requests.get(id)?.answer?.length ?? 0;
    this.#requests.delete(id);
  }
}
