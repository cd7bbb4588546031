import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Role } from './broker-access.js';
import { PacketFramer } from './packet-framer.js';
import { TokenBucket } from './token-bucket.js';
import { TrialParser } from './trial-parser.js';

/** What a client may cost. */
export interface ClientLimits {
  /** Size of its largest packet. */
  readonly packetBytes: number;
  /** Packets that are taken of it a second, and at once after a pause; a SUBSCRIBE counts as five. */
  readonly packetsPerSecond: number;
  readonly burst: number;
}

/** So many bytes are cut into packets at a time: of two bytes each at most. */
const sliceBytes = 256;
const readBytes = 4096;
/** A SUBSCRIBE makes the broker look through what it holds. */
const subscribeType = 8;
const subscribeCost = 5;
/** What waits for a client that takes nothing, beyond the megabytes that the kernel holds for it. */
const unsentBytes = 128 * 1024;
const backlogBytes = unsentBytes / 2;
const patienceMs = 5000;

/**
 * A client's socket as the broker library gets it. Only whole packets come through that the library can read, no
 * larger and no faster than `limits` says: what is faster waits in the kernel, at the client's cost; what is larger or
 * no MQTT ends the connection.
 */
export class GuardedStream extends Duplex {
  /** Undefined until the client has logged in. */
  role: Role | undefined;
  /** Whether its CONNECT has a will. */
  hasWill = false;
  readonly #socket: Socket;
  readonly #framer: PacketFramer;
  readonly #trial = new TrialParser();
  #limits: ClientLimits;
  #bucket: TokenBucket;
  /** Read and not yet cut into packets. */
  #rest: Buffer = Buffer.alloc(0);
  #ended = false;
  /** Since when more is unsent than `backlogBytes`. */
  #behindSince: number | undefined;
  /** Whether the broker library has read all that there was. */
  #wanted = false;
  #timer: NodeJS.Timeout | undefined;

  /** `maxBytes` is the largest packet of any client. */
  constructor(socket: Socket, limits: ClientLimits, maxBytes: number) {
    super({ readableHighWaterMark: 1, writableHighWaterMark: unsentBytes });
    this.#socket = socket;
    this.#limits = limits;
    this.#bucket = new TokenBucket(limits.packetsPerSecond, limits.burst);
    this.#framer = new PacketFramer(maxBytes, {
      onPacket: (packet) => this.#packet(packet),
      onTooLarge: () => this.destroy(),
      onMalformed: () => this.destroy(),
    });
    socket.on('readable', () => this.#pump());
    socket.on('end', () => {
      this.#ended = true;
      this.#pump();
    });
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.destroy());
  }

  /** From now on others, for it is known who it is. */
  allow(limits: ClientLimits): void {
    this.#limits = limits;
    this.#bucket = new TokenBucket(limits.packetsPerSecond, limits.burst);
  }

  /**
   * Whether the client is behind with what was written for it, and gets no more that it can do without. One that stays
   * behind is disconnected.
   */
  get isBehind(): boolean {
    if (this.writableLength <= backlogBytes) {
      this.#behindSince = undefined;
      return false;
    }
    const now = performance.now();
    this.#behindSince ??= now;
    if (now - this.#behindSince > patienceMs) this.destroy();
    return true;
  }

  override _read(): void {
    this.#wanted = true;
    // Later: the broker library asks for more in the middle of what it has, and would lose its place.
    process.nextTick(() => this.#pump());
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#flushed(this.#socket.write(chunk), done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#socket.cork();
    let free = true;
    for (const { chunk } of chunks) free = this.#socket.write(chunk);
    this.#socket.uncork();
    this.#flushed(free, done);
  }

  override _final(done: () => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(_error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#rest = Buffer.alloc(0);
    this.#socket.destroy();
    done();
  }

  #flushed(free: boolean, done: () => void): void {
    if (free || this.#socket.destroyed) done();
    else this.#socket.once('drain', done);
  }

  #pump(): void {
    while (this.#wanted && !this.destroyed) {
      if (!this.#bucket.isOpen) {
        this.#later();
        return;
      }
      if (this.#rest.length === 0) {
        const chunk = this.#readSocket();
        if (chunk === null) return;
        this.#rest = chunk;
      }
      const slice = this.#rest.subarray(0, sliceBytes);
      this.#rest = this.#rest.subarray(slice.length);
      this.#framer.take(slice);
    }
  }

  /** Null where there is nothing now. */
  #readSocket(): Buffer | null {
    if (this.#ended) {
      this.#wanted = false;
      this.push(null);
      return null;
    }
    const { readableLength } = this.#socket;
    return this.#socket.read(readableLength > 0 ? Math.min(readableLength, readBytes) : 0) as Buffer | null;
  }

  #later(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, this.#bucket.waitMs);
  }

  #packet(packet: Buffer): void {
    if (this.destroyed) return;
    if (packet.length > this.#limits.packetBytes || !this.#trial.reads(packet)) {
      this.destroy();
      return;
    }
    this.#bucket.spend((packet[0] as number) >> 4 === subscribeType ? subscribeCost : 1);
    if (!this.push(packet)) this.#wanted = false;
  }
}
