/** Something to be done in its turn. */
export interface Job {
  /** How long it may wait for its turn, in ms. */
  readonly waitMs: number;
  /** Resolves when the next may begin; never rejects. */
  run(): Promise<void>;
  /** Its turn did not come in time. */
  onLate(): void;
}

/** Does the jobs of a name one after the other, those of different names side by side. */
export class OneAtATime {
  readonly #maxWaiting: number;
  /** By name: those that wait, the oldest first. A name is there while one of its jobs runs. */
  readonly #lines = new Map<string, Set<Job>>();
  readonly #timers = new Map<Job, NodeJS.Timeout>();

  /** `maxWaiting` counts the jobs of all names. */
  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /** False where too many wait already, and this one will not be done. */
  add(name: string, job: Job): boolean {
    const line = this.#lines.get(name);
    if (line === undefined) {
      this.#lines.set(name, new Set());
      void this.#run(name, job);
      return true;
    }
    if (this.#timers.size >= this.#maxWaiting) return false;
    line.add(job);
    const timer = setTimeout(() => {
      line.delete(job);
      this.#timers.delete(job);
      job.onLate();
    }, job.waitMs);
    this.#timers.set(job, timer);
    return true;
  }

  /** Those that wait are never done. */
  forget(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const line of this.#lines.values()) line.clear();
  }

  async #run(name: string, first: Job): Promise<void> {
    const line = this.#lines.get(name) ?? new Set<Job>();
    for (let job: Job | undefined = first; job !== undefined; [job] = line) {
      clearTimeout(this.#timers.get(job));
      this.#timers.delete(job);
      line.delete(job);
      await job.run();
    }
    this.#lines.delete(name);
  }
}
