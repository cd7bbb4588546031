/** Of its own time; the rest of the process is idle, or works, three times as long. */
const share = 0.25;
/** Less is not worth a timer. */
const leastMs = 2;

/** How much of a process's time one kind of work takes, where others decide how much of it there is. */
export class WorkShare {
  #owedMs = 0;

  /** What is done has cost `costMs`; returns for how long nothing more is to be done, in ms, or 0. */
  pauseAfter(costMs: number): number {
    this.#owedMs += costMs * (1 / share - 1);
    if (this.#owedMs < leastMs) return 0;
    const pause = this.#owedMs;
    this.#owedMs = 0;
    return pause;
  }
}
