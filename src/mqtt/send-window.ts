export interface SendWindowOptions {
  /** Monotonic, ms; default performance.now. */
  readonly clock?: () => number;
  /** Unconfirmed bytes that are always allowed; default 16 KiB. */
  readonly freeBytes?: number;
  /** Unconfirmed bytes that are never exceeded; default 1 MiB. */
  readonly maxBytes?: number;
  /** How long, in ms, the broker may leave more than `freeBytes` unconfirmed; default 500. */
  readonly patienceMs?: number;
}

/** A probe that was sent after so many bytes. */
interface Probe {
  readonly position: number;
  readonly sentAt: number;
}

const probeBytes = 4096;
const probeIntervalMs = 250;
const burstBytes = 64 * 1024;

/**
 * How much of what was written the broker has not taken yet. The socket cannot tell: the kernels on both sides
 * swallow megabytes before `writableLength` grows, minutes of stale poses on a slow link. TCP keeps order, so a
 * PINGRESP proves that all that was written before its PINGREQ has arrived: pings are the probes.
 *
 * The window is full when more than `freeBytes` are unconfirmed and the oldest probe has waited longer than
 * `patienceMs`, so that a long but healthy path loses nothing. Its size is halved, down to `freeBytes`, by every answer
 * that took longer, and doubled, up to `maxBytes`, by every other: on a link that stays slow what waits stays new.
 */
export class SendWindow {
  readonly #clock: () => number;
  readonly #freeBytes: number;
  readonly #maxBytes: number;
  readonly #patienceMs: number;
  readonly #probes: Probe[] = [];
  #written = 0;
  #probed = 0;
  #confirmed = 0;
  /** Unconfirmed bytes that are allowed now. */
  #size: number;
  #lastProbeAt = Number.NEGATIVE_INFINITY;

  constructor(options: SendWindowOptions = {}) {
    this.#clock = options.clock ?? (() => performance.now());
    this.#freeBytes = options.freeBytes ?? 16 * 1024;
    this.#maxBytes = options.maxBytes ?? 1024 * 1024;
    this.#patienceMs = options.patienceMs ?? 500;
    this.#size = this.#maxBytes;
  }

  get unconfirmedBytes(): number {
    return this.#written - this.#confirmed;
  }

  /** Whether a message of so many bytes must not be written now. */
  isFull(bytes: number): boolean {
    const unconfirmed = this.unconfirmedBytes + bytes;
    if (unconfirmed > this.#maxBytes) return true;
    if (unconfirmed <= this.#freeBytes) return false;
    const oldest = this.#probes[0];
    // Without one only another message brings the next.
    if (oldest === undefined) return false;
    return unconfirmed > this.#size || this.#clock() - oldest.sentAt > this.#patienceMs;
  }

  wrote(bytes: number): void {
    this.#written += bytes;
  }

  /** Whether the writer should send a PINGREQ now: one for much written, or four a second, none when idle. */
  isProbeDue(): boolean {
    const unprobed = this.#written - this.#probed;
    if (unprobed >= burstBytes) return true;
    return unprobed >= probeBytes && this.#clock() - this.#lastProbeAt >= probeIntervalMs;
  }

  /** Every PINGREQ, whoever sent it: the answers come in the same order. */
  probeSent(): void {
    this.#lastProbeAt = this.#clock();
    this.#probed = this.#written;
    this.#probes.push({ position: this.#written, sentAt: this.#lastProbeAt });
  }

  probeAnswered(): void {
    const answered = this.#probes.shift();
    if (answered === undefined) return;
    const slow = this.#clock() - answered.sentAt > this.#patienceMs;
    this.#size = slow
      ? Math.max(this.#freeBytes, Math.min(this.#size, answered.position - this.#confirmed) / 2)
      : Math.min(this.#maxBytes, this.#size * 2);
    this.#confirmed = answered.position;
  }
}
