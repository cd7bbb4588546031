/** A set of texts that keeps so many: the newest, where one that is asked for is new again. */
export class NewestTexts {
  readonly #texts = new Set<string>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(text: string): void {
    this.#texts.delete(text);
    this.#texts.add(text);
    if (this.#texts.size <= this.#limit) return;
    for (const oldest of this.#texts) {
      this.#texts.delete(oldest);
      return;
    }
  }

  has(text: string): boolean {
    const isKnown = this.#texts.has(text);
    if (isKnown) this.add(text);
    return isKnown;
  }
}
