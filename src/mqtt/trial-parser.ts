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
  }

  /** `packet` is one whole packet. After the first that cannot be read, nothing can. */
  reads(packet: Buffer): boolean {
    if (this.#failed) return false;
    try {
      // What is left over would be taken for the beginning of the next.
      this.#failed ||= this.#parser.parse(packet) !== 0;
    } catch {
      this.#failed = true;
    }
    return !this.#failed;
  }
}
