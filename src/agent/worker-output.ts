import type { MonotonicClock } from '../telemetry/monotonic-clock.js';

/** Of one kind in a window; the others are counted. */
const linesOfAKind = 3;
const maxKinds = 64;
const windowMs = 60_000;

export interface WorkerOutputOptions {
  /** `more` lines like this one were not told; 0 for a line as it came. */
  readonly tell: (line: string, more: number) => void;
  /** `performance.now` by default. */
  readonly clock?: MonotonicClock;
}

/**
 * What the worker and its native libraries print. A decoder says something of every torn picture, thirty times a second
 * where the link is bad: of lines that differ in their numbers only, few are passed on a minute.
 */
export class WorkerOutput {
  readonly #tell: WorkerOutputOptions['tell'];
  readonly #clock: MonotonicClock;
  /** By kind, in this window. */
  readonly #counts = new Map<string, number>();
  #since: number;

  constructor(options: WorkerOutputOptions) {
    this.#tell = options.tell;
    this.#clock = options.clock ?? (() => performance.now());
    this.#since = this.#clock();
  }

  line(line: string): void {
    const now = this.#clock();
    if (now - this.#since >= windowMs) {
      this.summarise();
      this.#since = now;
    }
    const kind = line.replace(/0x[0-9a-f]+|\d+/gi, '#');
    const count = this.#counts.get(kind) ?? 0;
    if (count === 0 && this.#counts.size >= maxKinds) return;
    this.#counts.set(kind, count + 1);
    if (count < linesOfAKind) this.#tell(line, 0);
  }

  /** Tells what was kept back, and begins anew. */
  summarise(): void {
    for (const [kind, count] of this.#counts) {
      if (count > linesOfAKind) this.#tell(kind, count - linesOfAKind);
    }
    this.#counts.clear();
  }
}
