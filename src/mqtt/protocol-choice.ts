import type { ConnectionEnd } from './broker-connection.js';

/** Reason code of MQTT 5, and return code of 3.1.1: the broker does not speak the version that we asked for. */
const unsupportedVersion = 0x84;
const unacceptableVersion = 0x01;
/** So often a broker has to give MQTT 5 no answer, until 3.1.1 is tried: half a minute, where it keeps the connection.
 *  Where it does not answer that either it is something else, and each time twice as often. */
const silences = 2;
const maxSilences = 8;
/** A broker that does not speak 5 is not asked again for so long, and then when there is no connection anyway. */
const askAgainMs = 24 * 3600_000;

/** Whether a connection ended over the version of the protocol, as far as the broker tells. */
export function isVersionRefused({ reasonCode }: Pick<ConnectionEnd, 'reasonCode'>): boolean {
  return reasonCode === unsupportedVersion || reasonCode === unacceptableVersion;
}

/**
 * Which version of MQTT to speak: 5, and 3.1.1 where the broker refuses that. Old brokers refuse with a code of their
 * own version, or just hang up, or leave it unanswered; so may one that is about to end or slow, and then 5 is tried again
 * with the next connection.
 */
export class ProtocolChoice {
  readonly #clock: () => number;
  #version: 4 | 5;
  readonly #fixed: boolean;
  #silent = 0;
  #needed = silences;
  /** When the broker refused 5 in so many words; undefined while it only gave no answer. */
  #refusedAt: number | undefined;

  /** `clock` is monotonic, in ms; default performance.now. */
  constructor(version: 4 | 5 | 'auto' = 5, clock = (): number => performance.now()) {
    this.#version = version === 'auto' ? 5 : version;
    this.#fixed = version !== 'auto';
    this.#clock = clock;
  }

  /** The version of the next connection. */
  get version(): 4 | 5 {
    return this.#version;
  }

  /** A connection is over; `wasUp` where the broker had accepted it. */
  ended(end: ConnectionEnd, wasUp: boolean): void {
    if (this.#fixed) return;
    if (this.#version === 5) this.#endedOn5(end, wasUp);
    else this.#endedOn4(end, wasUp);
  }

  #endedOn5(end: ConnectionEnd, wasUp: boolean): void {
    if (wasUp) {
      // It speaks 5: whatever comes of it from now on is no refusal.
      this.#silent = Number.NEGATIVE_INFINITY;
    } else if (isVersionRefused(end)) {
      this.#refusedAt = this.#clock();
      this.#start(4);
    } else if (end.beforeAnswer) {
      this.#silent += 1;
      if (this.#silent >= this.#needed) this.#start(4);
    }
  }

  #endedOn4(end: ConnectionEnd, wasUp: boolean): void {
    if (this.#refusedAt !== undefined) {
      if (this.#clock() - this.#refusedAt < askAgainMs) return;
      this.#refusedAt = undefined;
      this.#start(5);
    } else if (wasUp) {
      // Perhaps it only gave no answer because it had just been started, or was slow.
      this.#start(5);
      this.#silent = this.#needed - 1;
    } else if (end.beforeAnswer) {
      this.#needed = Math.min(maxSilences, this.#needed * 2);
      this.#start(5);
    }
  }

  #start(version: 4 | 5): void {
    this.#version = version;
    this.#silent = 0;
  }
}
