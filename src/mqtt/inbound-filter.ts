import { type Duplex, Transform, type TransformCallback } from 'node:stream';
import { PacketFramer } from './packet-framer.js';
import { TrialParser } from './trial-parser.js';

/** Reason code of MQTT 5. */
const packetTooLarge = 0x95;
const publishType = 3;
const pubackType = 0x40;
const pubrecType = 0x50;

/** What ended a connection: its peer announced a packet that is larger than what is taken, and no message. */
export class PacketTooLargeError extends Error {
  override readonly name = 'PacketTooLargeError';
  readonly code = packetTooLarge;
}

/** A message that was not handed on. */
export interface GivenUpMessage {
  /** As the broker sent it, whatever is in it. */
  readonly topic: string;
  /** Of the whole packet. */
  readonly bytes: number;
  readonly reason: 'too large' | 'malformed';
}

export interface InboundFilterOptions {
  /** Size of the largest packet that is handed on. */
  readonly maxBytes: number;
  readonly protocolVersion: 4 | 5;
  readonly onGivenUp: (message: GivenUpMessage) => void;
  /** Bytes of a message come that is given up: the broker lives, though its other packets wait behind. */
  readonly onSkipping: () => void;
}

/**
 * Puts a filter between a stream of a broker and whoever it is piped into; what is written is left alone. A message
 * that is too large, or that the library could not parse, is left out of the stream and acknowledged: over either the
 * connection would end, and a retained message would end every one that follows. Of a large one no more than its
 * beginning is ever in memory. Any other packet that is too large ends the stream with PacketTooLargeError.
 */
export function filterInbound(stream: Duplex, options: InboundFilterOptions): void {
  const filter = new InboundFilter(stream, options);
  const pipe = stream.pipe.bind(stream);
  stream.pipe = (destination) => {
    pipe(filter);
    return filter.pipe(destination);
  };
}

class InboundFilter extends Transform {
  readonly #stream: Duplex;
  readonly #options: InboundFilterOptions;
  readonly #framer: PacketFramer;

  constructor(stream: Duplex, options: InboundFilterOptions) {
    super();
    this.#stream = stream;
    this.#options = options;
    const { maxBytes } = options;
    this.#framer = new PacketFramer(maxBytes, {
      onPacket: (packet) => this.#packet(packet),
      onTooLarge: (size, firstByte) => {
        if (firstByte >> 4 === publishType) return;
        const limit = `at most ${maxBytes} are taken`;
        stream.destroy(new PacketTooLargeError(`a packet of ${size} bytes came, ${limit}`));
      },
      onSkipped: (head, size) => this.#giveUp(head, size, 'too large'),
      onMalformed: () => stream.destroy(new PacketTooLargeError('a packet without end came')),
    });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#framer.take(chunk);
    if (this.#framer.skipping) this.#options.onSkipping();
    done();
  }

  #packet(packet: Buffer): void {
    const isMessage = (packet[0] as number) >> 4 === publishType && qosOf(packet) < 3;
    if (!isMessage || new TrialParser(this.#options.protocolVersion).reads(packet)) this.push(packet);
    else this.#giveUp(packet, packet.length, 'malformed');
  }

  #giveUp(head: Buffer, bytes: number, reason: GivenUpMessage['reason']): void {
    const { topic, id } = beginningOf(head);
    if (id !== undefined) {
      const type = qosOf(head) === 1 ? pubackType : pubrecType;
      this.#stream.write(Buffer.from([type, 2, id >> 8, id & 0xff]));
    }
    this.#options.onGivenUp({ topic, bytes, reason });
  }
}

function qosOf(packet: Buffer): number {
  return ((packet[0] as number) >> 1) & 3;
}

/** Topic and packet id of a PUBLISH, as far as they are there. */
function beginningOf(packet: Buffer): { topic: string; id: number | undefined } {
  let at = 1;
  while ((packet[at] ?? 0) >= 0x80) at += 1;
  at += 1;
  if (packet.length < at + 2) return { topic: '', id: undefined };
  const end = at + 2 + packet.readUInt16BE(at);
  const topic = packet.toString('utf8', at + 2, end);
  const hasId = qosOf(packet) > 0 && packet.length >= end + 2;
  return { topic, id: hasId ? packet.readUInt16BE(end) : undefined };
}
