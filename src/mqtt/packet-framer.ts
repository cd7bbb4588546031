/** What a framer finds in a stream of MQTT, in the order in which it comes. */
export interface FramedPackets {
  /** A whole packet, header and all. */
  onPacket(packet: Buffer): void;
  /** A packet of `size` bytes is announced, more than is taken; `firstByte` has its type and flags. */
  onTooLarge(size: number, firstByte: number): void;
  /** Such a packet has come to its end; `head` is its beginning, far enough for the topic and the id of a PUBLISH. */
  onSkipped?(head: Buffer, size: number): void;
  /** A length that never ends: nothing of what follows can be told apart. The framer takes nothing more. */
  onMalformed(): void;
}

/** A length of MQTT has at most four bytes. */
const maxLengthBytes = 4;
/** Header, length, the longest topic with its own length, packet id. */
const headBytes = 1 + maxLengthBytes + 2 + 65_535 + 2;

/**
 * Cuts a stream into the packets of MQTT, of every version. Keeps at most one packet of `maxBytes`: what is announced
 * as larger is counted and dropped as it comes, where a library that parses packets keeps the whole of one in memory
 * before it looks at its size.
 */
export class PacketFramer {
  readonly #maxBytes: number;
  readonly #found: FramedPackets;
  readonly #header: number[] = [];
  /** What is kept of the present packet, of its full size from the start: thousands of tiny chunks cost no more. */
  #packet = Buffer.alloc(0);
  /** Bytes of the present packet that have come, and all of its bytes; 0 while its length is not known. */
  #taken = 0;
  #size = 0;
  #malformed = false;

  constructor(maxBytes: number, found: FramedPackets) {
    this.#maxBytes = maxBytes;
    this.#found = found;
  }

  /** True in the middle of a packet that is too large. */
  get skipping(): boolean {
    return this.#size > this.#maxBytes;
  }

  take(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && !this.#malformed) {
      rest = this.#size === 0 ? this.#takeHeader(rest) : this.#takeBody(rest);
    }
  }

  /** The header byte by byte: it has five at most. */
  #takeHeader(chunk: Buffer): Buffer {
    const last = chunk[0] as number;
    this.#header.push(last);
    if (this.#header.length > 1 && last < 0x80) {
      this.#lengthKnown();
    } else if (this.#header.length > maxLengthBytes) {
      this.#malformed = true;
      this.#found.onMalformed();
    }
    return chunk.subarray(1);
  }

  #lengthKnown(): void {
    const [firstByte = 0, ...digits] = this.#header.splice(0);
    const length = digits.reduceRight((sum, digit) => sum * 128 + (digit & 0x7f), 0);
    this.#taken = 1 + digits.length;
    this.#size = this.#taken + length;
    this.#packet = Buffer.allocUnsafe(Math.min(this.#size, this.skipping ? headBytes : this.#maxBytes));
    Buffer.from([firstByte, ...digits]).copy(this.#packet);
    if (this.skipping) this.#found.onTooLarge(this.#size, firstByte);
    if (this.#taken === this.#size) this.#finish();
  }

  #takeBody(chunk: Buffer): Buffer {
    const body = chunk.subarray(0, this.#size - this.#taken);
    if (this.#taken < this.#packet.length) body.copy(this.#packet, this.#taken);
    this.#taken += body.length;
    if (this.#taken === this.#size) this.#finish();
    return chunk.subarray(body.length);
  }

  #finish(): void {
    const packet = this.#packet;
    const size = this.#size;
    const { skipping } = this;
    this.#packet = Buffer.alloc(0);
    this.#size = 0;
    if (skipping) this.#found.onSkipped?.(packet, size);
    else this.#found.onPacket(packet);
  }
}
