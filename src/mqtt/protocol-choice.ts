import type { ConnectionEnd } from './broker-connection.js';

/** Reason code of MQTT 5, and return code of 3.1.1: the broker does not speak the version that we asked for. */
const unsupportedVersion = 0x84;
const unacceptableVersion = 0x01;
/** So often a broker has to hang up on MQTT 5, saying nothing, until 3.1.1 is tried; where it hangs up on that too it
 *  is something else, and each time twice as often. */
const hangUps = 2;
const maxHangUps = 8;
/** A broker that does not speak 5 is not asked again for so long, and then when there is no connection anyway. */
const askAgainMs = 24 * 3600_000;

/** Whether a connection ended over the version of the protocol, as far as the broker tells. */
export function isVersionRefused({ reasonCode }: Pick<ConnectionEnd, 'reasonCode'>): boolean {
  return reasonCode === unsupportedVersion || reasonCode === unacceptableVersion;
}

/**
 * Which version of MQTT to speak: 5, and 3.1.1 where the broker refuses that. Old brokers refuse with a code of their
 * own version, or just hang up; so may one that is about to end, and then 5 is tried again with the next connection.
 */
export class ProtocolChoice {
  readonly #clock: () => number;
  #version: 4 | 5;
  readonly #fixed: boolean;
  #hungUp = 0;
  #needed = hangUps;
  /** When the broker refused 5 in so many words; undefined while it only hung up. */
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
      this.#hungUp = Number.NEGATIVE_INFINITY;
    } else if (isVersionRefused(end)) {
      this.#refusedAt = this.#clock();
      this.#start(4);
    } else if (end.beforeAnswer) {
      this.#hungUp += 1;
      if (this.#hungUp >= this.#needed) this.#start(4);
    }
  }

  #endedOn4(end: ConnectionEnd, wasUp: boolean): void {
    if (this.#refusedAt !== undefined) {
      if (this.#clock() - this.#refusedAt < askAgainMs) return;
      this.#refusedAt = undefined;
      this.#start(5);
    } else if (wasUp) {
      // Perhaps it only hung up because it had just been started.
      this.#start(5);
      this.#hungUp = this.#needed - 1;
    } else if (end.beforeAnswer) {
      this.#needed = Math.min(maxHangUps, this.#needed * 2);
      this.#start(5);
    }
  }

  #start(version: 4 | 5): void {
    this.#version = version;
    this.#hungUp = 0;
  }
}
