import { type Parser, parser } from 'mqtt-packet';

/**
 * Tells whether the library that parses packets can read one, in a parser of its own: where a packet is no MQTT, some
 * of the library's callers fall.
 */
export class TrialParser {
  readonly #parser: Parser;
  #failed = false;

  /** The version that the packets are of; without it the CONNECT that comes first tells it. */
  constructor(protocolVersion?: 4 | 5) {
    this.#parser = parser(protocolVersion === undefined ? undefined : { protocolVersion });
    this.#parser.on('error', () => {
      this.#failed = true;
    });
    // Where a packet ends before its id the library says -1, and falls when it is to answer that.
    this.#parser.on('packet', ({ messageId = 1 }) => {
      this.#failed ||= messageId < 0;
    });
  }

  /** `packet` is one whole packet. After the first that cannot be read, nothing can. */
  reads(packet: Buffer): boolean {
    if (this.#failed) return false;
    try {
      // What is left over would be taken for the beginning of the next.
      if (this.#parser.parse(packet) !== 0) this.#failed = true;
    } catch {
      this.#failed = true;
    }
    return !this.#failed;
  }
}
