import { Duplex } from 'node:stream';

/**
 * Two ends of a way inside the process: what is written to the one is read from the other, as through a socket, so
 * that nothing becomes readable while a reader is still at work on what it has read. Both end with either.
 */
export function streamPair(): [Duplex, Duplex] {
  const one = new End();
  const other = new End();
  one.other = other;
  other.other = one;
  return [one, other];
}

class End extends Duplex {
  other: End | undefined;
  /** Called when what the other end has written last is read. */
  #taken: (() => void) | undefined;

  override _read(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken !== undefined) process.nextTick(taken);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.other?.deliver(chunk, done);
  }

  /** A packet is written in several parts. */
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.other?.deliver(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  deliver(chunk: Buffer, taken: () => void): void {
    if (chunk.length === 0) {
      process.nextTick(taken);
      return;
    }
    this.#taken = taken;
    this.push(chunk);
  }

  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { other } = this;
    process.nextTick(() => other?.destroy());
    done(error);
  }
}
