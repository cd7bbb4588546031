import type { Frame } from '../camera/frame-source.js';

export interface NewestFrameSlotOptions {
  /** put() waits until the slot is free, and nothing is dropped: for recordings that are to be seen whole. */
  readonly backPressure?: boolean;
}

/**
 * Room for one frame between a camera and the engine. A newer frame takes the place of an older one, which is
 * released and counted. Frames put in = frames taken + dropped + the one that waits, at any time.
 */
export class NewestFrameSlot {
  readonly #backPressure: boolean;
  #frame: Frame | undefined;
  #closed = false;
  #captured = 0;
  #taken = 0;
  #dropped = 0;
  #wakers: (() => void)[] = [];
  /** Puts begun and puts done: with back-pressure they are served in turn. */
  #begun = 0;
  #served = 0;

  constructor(options: NewestFrameSlotOptions = {}) {
    this.#backPressure = options.backPressure ?? false;
  }

  /** Frames put in, those dropped included. */
  get captured(): number {
    return this.#captured;
  }

  get taken(): number {
    return this.#taken;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Hands a frame over: the slot releases it unless it is taken. With back-pressure resolves when it lies in the slot. */
  async put(frame: Frame): Promise<void> {
    const turn = this.#begun++;
    while (this.#backPressure && !this.#closed && (this.#frame !== undefined || turn !== this.#served)) {
      await this.#changed();
    }
    this.#served++;
    this.#captured++;
    if (this.#closed) {
      this.#drop(frame);
      return;
    }
    if (this.#frame !== undefined) this.#drop(this.#frame);
    this.#frame = frame;
    this.#wake();
  }

  /** True as soon as a frame waits to be taken; false when the slot is closed and empty. */
  async waiting(): Promise<boolean> {
    while (this.#frame === undefined) {
      if (this.#closed) return false;
      await this.#changed();
    }
    return true;
  }

  /** The waiting frame, as soon as there is one; null when the slot is closed and empty. The taker releases it. */
  async take(): Promise<Frame | null> {
    while (this.#frame === undefined) {
      if (!(await this.waiting())) return null;
    }
    const frame = this.#frame;
    this.#frame = undefined;
    this.#taken++;
    this.#wake();
    return frame;
  }

  /** No frame comes any more: the one that waits can still be taken, those put in later are dropped. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Closes, and drops the frame that waits: for a stop that does not look at what is left. */
  abandon(): void {
    this.close();
    if (this.#frame !== undefined) this.#drop(this.#frame);
    this.#frame = undefined;
  }

  #drop(frame: Frame): void {
    frame.release();
    this.#dropped++;
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#wakers.push(resolve));
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}
