import { type Duplex, Transform, type TransformCallback } from 'node:stream';
import { PacketFramer } from './packet-framer.js';
import { TrialParser } from './trial-parser.js';
import { WorkShare } from './work-share.js';

/** Reason codes of MQTT 5. */
const malformedPacket = 0x81;
const packetTooLarge = 0x95;
const publishType = 3;
/**
 * Of a message's properties, in bytes. Response topic, correlation data and a few of the user's own are far less; 64 KiB have
 * room for nine thousand, each of which costs its own time.
 */
export const maxPropertyBytes = 16 * 1024;
/**
 * What is handed on before everything else has its turn: some tens of the smallest messages, and those who read them work at once.
 */
const pieceBytes = 2048;
/** Of messages that wait for their turn; what comes on top of that is given up. */
const maxWaitingBytes = 2 ** 21;
/** Ends the way of a message of QoS 2, and must not come before it. */
const pubrelType = 6;
/** PUBACK, PUBREC, PUBREL, PUBCOMP. */
const firstAnswerType = 4;
const lastAnswerType = 7;
const pubackType = 0x40;
const pubrecType = 0x50;

/** What ended a connection: its peer sent a packet that is not taken, and no message. */
class PacketError extends Error {
  override readonly name = 'PacketError';

  /** `code` is a reason code of MQTT 5. */
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** A message that was not handed on. */
export interface GivenUpMessage {
  /** As the broker sent it, whatever is in it. */
  readonly topic: string;
  /** Of the whole packet. */
  readonly bytes: number;
  readonly reason: 'too large' | 'too many' | 'too many properties' | 'malformed';
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
 * beginning is ever in memory. Any other packet that is too large or broken ends the stream.
 * Messages are handed on as fast as they are worked on in a quarter of the time, and of a flood what finds no room is given up.
 * All other packets pass at once: an answer of the broker that came late would look like a broker that is away.
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
  #trial: TrialParser;
  /** What is handed on next. */
  readonly #through: Buffer[] = [];
  /** Messages for which there was no time yet. */
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  readonly #share = new WorkShare();
  #isWorking = false;
  #onWorkedOff: TransformCallback | undefined;

  constructor(stream: Duplex, options: InboundFilterOptions) {
    super();
    this.#stream = stream;
    this.#options = options;
    this.#trial = new TrialParser(options.protocolVersion);
    const { maxBytes } = options;
    this.#framer = new PacketFramer(maxBytes, {
      onPacket: (packet) => this.#packet(packet),
      onTooLarge: (size, firstByte) => {
        if (firstByte >> 4 === publishType) return;
        const limit = `at most ${maxBytes} are taken`;
        stream.destroy(new PacketError(packetTooLarge, `a packet of ${size} bytes came, ${limit}`));
      },
      onSkipped: (head, size) => this.#giveUp(head, size, 'too large'),
      onMalformed: () => stream.destroy(new PacketError(malformedPacket, 'a packet without end came')),
    });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#framer.take(chunk);
    if (this.#framer.skipping) this.#options.onSkipping();
    this.#handOn();
    this.#work();
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#onWorkedOff = done;
    this.#work();
  }

  #packet(packet: Buffer): void {
    if (isMessage(packet)) this.#message(packet);
    else if (typeOf(packet) === pubrelType) this.#wait(packet);
    else this.#pass(packet);
  }

  #message(packet: Buffer): void {
    const size = packet.length;
    if (this.#options.protocolVersion === 5 && propertyBytesOf(packet) > maxPropertyBytes) {
      this.#giveUp(packet, size, 'too many properties');
    } else if (this.#waitingBytes > 0 && this.#waitingBytes + size > maxWaitingBytes) {
      this.#giveUp(packet, size, 'too many');
    } else this.#wait(packet);
  }

  #wait(packet: Buffer): void {
    this.#waiting.push(packet);
    this.#waitingBytes += packet.length;
  }

  /** Takes from what waits; by the next turn of the event loop whoever reads has done what there is to do. */
  #work(): void {
    if (this.#isWorking) return;
    if (this.#waiting.length === 0) {
      this.#onWorkedOff?.();
      return;
    }
    this.#isWorking = true;
    const begun = performance.now();
    let bytes = 0;
    let count = 0;
    for (; count < this.#waiting.length && bytes < pieceBytes; count++) {
      bytes += (this.#waiting[count] as Buffer).length;
    }
    this.#waitingBytes -= bytes;
    for (const packet of this.#waiting.splice(0, count)) this.#pass(packet);
    this.#handOn();
    const next = (): void => {
      this.#isWorking = false;
      if (!this.destroyed) this.#work();
    };
    setImmediate(() => {
      const pause = this.#share.pauseAfter(performance.now() - begun);
      if (pause === 0) next();
      else setTimeout(next, pause);
    });
  }

  /** Together: each piece costs its reader a turn of the event loop. */
  #handOn(): void {
    if (this.#through.length > 0) this.push(Buffer.concat(this.#through.splice(0)));
  }

  #pass(packet: Buffer): void {
    const type = typeOf(packet);
    const isAnswer = type >= firstAnswerType && type <= lastAnswerType;
    if ((!isMessage(packet) && !isAnswer) || this.#trial.reads(packet)) {
      this.#through.push(packet);
      return;
    }
    this.#trial = new TrialParser(this.#options.protocolVersion);
    if (isMessage(packet)) this.#giveUp(packet, packet.length, 'malformed');
    else this.#stream.destroy(new PacketError(malformedPacket, 'a packet came that cannot be read'));
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

function typeOf(packet: Buffer): number {
  return (packet[0] as number) >> 4;
}

/** A PUBLISH, unless its quality of service is the one that does not exist. */
function isMessage(packet: Buffer): boolean {
  return typeOf(packet) === publishType && qosOf(packet) < 3;
}

function qosOf(packet: Buffer): number {
  return ((packet[0] as number) >> 1) & 3;
}

/** Where the topic of a PUBLISH begins, with its length, and ends; undefined where it is cut before. */
function topicOf(packet: Buffer): { at: number; end: number } | undefined {
  let at = 1;
  while ((packet[at] ?? 0) >= 0x80) at += 1;
  at += 1;
  return packet.length < at + 2 ? undefined : { at, end: at + 2 + packet.readUInt16BE(at) };
}

/** Of a PUBLISH of MQTT 5: as it says itself, and no more than there are. */
function propertyBytesOf(packet: Buffer): number {
  const topic = topicOf(packet);
  if (topic === undefined) return 0;
  const at = topic.end + (qosOf(packet) > 0 ? 2 : 0);
  let bytes = 0;
  for (let index = 0; index < 4; index++) {
    const byte = packet[at + index] ?? 0;
    bytes += (byte & 0x7f) << (7 * index);
    if (byte < 0x80) break;
  }
  return Math.min(bytes, packet.length - at);
}

/** Topic and packet id of a PUBLISH, as far as they are there. */
function beginningOf(packet: Buffer): { topic: string; id: number | undefined } {
  const place = topicOf(packet);
  if (place === undefined) return { topic: '', id: undefined };
  const { at, end } = place;
  const topic = packet.toString('utf8', at + 2, end);
  const hasId = qosOf(packet) > 0 && packet.length >= end + 2;
  return { topic, id: hasId ? packet.readUInt16BE(end) : undefined };
}
