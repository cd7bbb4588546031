/** With this pause a broker's burst of wrong states costs one correction. */
const correctionMs = 200;

/** Watches what the broker says of the device's state and has it corrected where that is wrong. */
export class StateGuard {
  readonly #isOurs: (text: string) => boolean;
  readonly #correct: () => void;
  #seen = '';
  #timer: NodeJS.Timeout | undefined;

  constructor({ isOurs, correct }: { isOurs: (text: string) => boolean; correct: () => void }) {
    this.#isOurs = isOurs;
    this.#correct = correct;
  }

  /** A will that came late, or an older agent's, must not stand over a device that is alive. */
  saw(text: string): void {
    this.#seen = text;
    if (this.#isOurs(text) || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isOurs(this.#seen)) this.#correct();
    }, correctionMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
