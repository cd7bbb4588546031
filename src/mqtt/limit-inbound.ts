import type { Socket } from 'node:net';

/** Reason code of MQTT 5. */
const packetTooLarge = 0x95;

/** What ended a connection: its peer announced a packet that is larger than what is taken. */
export class PacketTooLargeError extends Error {
  override readonly name = 'PacketTooLargeError';
  readonly code = packetTooLarge;
}

/** A length of MQTT has at most four bytes; a fifth would be malformed. */
const maxLengthBytes = 4;

/**
 * Reads the lengths of the packets in a stream of MQTT and calls `onTooLarge` with the first that exceeds
 * `maxBytes`, before its body has come: the library that parses the packets keeps the whole of one in memory
 * before it looks at its size.
 */
export class PacketMeter {
  readonly #maxBytes: number;
  readonly #onTooLarge: (bytes: number) => void;
  /** Bytes of the present packet's body still to come. */
  #left = 0;
  #inLength = false;
  #length = 0;
  #lengthBytes = 0;

  constructor(maxBytes: number, onTooLarge: (bytes: number) => void) {
    this.#maxBytes = maxBytes;
    this.#onTooLarge = onTooLarge;
  }

  take(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const skipped = Math.min(this.#left, chunk.length - at);
        this.#left -= skipped;
        at += skipped;
      } else if (this.#inLength) {
        this.#takeLength(chunk[at] as number);
        at += 1;
      } else {
        this.#inLength = true;
        this.#length = 0;
        this.#lengthBytes = 0;
        at += 1;
      }
    }
  }

  #takeLength(byte: number): void {
    this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes;
    this.#lengthBytes += 1;
    if (byte >= 0x80 && this.#lengthBytes < maxLengthBytes) return;
    this.#inLength = false;
    this.#left = this.#length;
    const bytes = 1 + this.#lengthBytes + this.#length;
    if (bytes > this.#maxBytes) this.#onTooLarge(bytes);
  }
}

/** Ends the connection with PacketTooLargeError as soon as a packet of more than `maxBytes` is announced. */
export function limitInbound(socket: Socket, maxBytes: number): void {
  const meter = new PacketMeter(maxBytes, (bytes) => {
    socket.destroy(new PacketTooLargeError(`a packet of ${bytes} bytes came, at most ${maxBytes} are taken`));
  });
  socket.on('data', (chunk: Buffer) => meter.take(chunk));
}
