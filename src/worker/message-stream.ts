import type { Duplex } from 'node:stream';
import { deserialize, serialize } from 'node:v8';
import { ByteQueue } from '../camera/byte-queue.js';

/** Before each message: its length, little endian. */
const headerBytes = 4;

export interface MessageStreamOptions {
  /** A longer message is a fault, and not waited for. */
  maxBytes: number;
  onMessage: (message: unknown) => void;
  /** What comes is no message; nothing more is read. */
  onFault: (reason: string) => void;
  /** The other side is gone. */
  onEnd?: () => void;
}

/**
 * Messages over a pipe, as V8 writes them: typed arrays cross as bytes. Node's own channel to a child would do the same, but
 * ends the process whose child writes anything else into it, and takes messages of any length.
 */
export class MessageStream {
  readonly #pipe: Duplex;
  readonly #options: MessageStreamOptions;
  readonly #queue = new ByteQueue();
  #faulty = false;
  /** Until when nothing is handed on. */
  #pause: NodeJS.Timeout | undefined;

  constructor(pipe: Duplex, options: MessageStreamOptions) {
    this.#pipe = pipe;
    this.#options = options;
    pipe.on('data', (chunk: Buffer) => this.#received(chunk));
    pipe.on('error', () => {}); // its close follows
    pipe.on('close', () => options.onEnd?.());
  }

  /** `onSent` is called where it cannot be sent, too. What is sent to somebody who is gone is lost. */
  send(message: unknown, onSent?: () => void): void {
    const body = serialize(message);
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32LE(body.length);
    this.#pipe.write(Buffer.concat([header, body]), onSent);
  }

  /** What comes waits for so long, at the cost of whoever sends it. */
  pause(ms: number): void {
    this.#pipe.pause();
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#handOn();
      if (this.#pause === undefined) this.#pipe.resume();
    }, ms).unref();
  }

  /** Nothing more is sent. */
  end(): void {
    this.#pipe.end();
  }

  #received(chunk: Buffer): void {
    if (this.#faulty) return;
    this.#queue.push(chunk);
    this.#handOn();
  }

  #handOn(): void {
    const queue = this.#queue;
    while (!this.#faulty && this.#pause === undefined && queue.length >= headerBytes) {
      const length = queue.data.readUInt32LE();
      if (length > this.#options.maxBytes) {
        this.#fault(`a message of ${length} bytes`);
      } else if (queue.length < headerBytes + length) {
        queue.expect(headerBytes + length);
        return;
      } else {
        queue.take(headerBytes);
        this.#read(queue.take(length));
      }
    }
  }

  #read(body: Buffer): void {
    let message: unknown;
    try {
      message = deserialize(body);
    } catch {
      this.#fault('bytes that are no message');
      return;
    }
    this.#options.onMessage(message);
  }

  #fault(reason: string): void {
    this.#faulty = true;
    this.#options.onFault(reason);
  }
}
