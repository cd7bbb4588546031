import type { OpenProgress } from '../engine/open-progress.js';

/** What a model's opening has come to, where the engine builds a plan first. */
export interface ModelOpening {
  /** Its id. */
  readonly model: string;
  /** `begun` and `ended` once for each of its networks. A build of less than a second may only end. */
  readonly phase: 'begun' | 'going' | 'ended';
  readonly progress: OpenProgress;
}

/** Follows the plans that are built while a model is opened. */
export class OpeningWatch {
  readonly #model: string;
  #current: OpenProgress | null = null;

  constructor(model: string) {
    this.#model = model;
  }

  /** Of the plan that is built now; null where none is. */
  get current(): OpenProgress | null {
    return this.#current;
  }

  add(progress: OpenProgress): ModelOpening {
    const before = this.#current;
    this.#current = progress.fraction === 1 ? null : progress;
    const phase = this.#current === null ? 'ended' : before?.file === progress.file ? 'going' : 'begun';
    return { model: this.#model, phase, progress };
  }

  /** The model is open, or whoever was opening it is gone. */
  over(): void {
    this.#current = null;
  }
}
