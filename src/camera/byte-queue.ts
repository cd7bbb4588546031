/** What may come behind the bytes that are expected, in one chunk of a socket. */
const slackBytes = 64 * 1024;

/**
 * Bytes of a stream that wait to be parsed. Each is copied a bounded number of times, however small the chunks are in
 * which they come; a chunk that is parsed at once is not copied at all.
 */
export class ByteQueue {
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** The buffer was made here: there may be room behind the end. */
  #isOwn = false;
  #expected = 0;

  /** All that wait; only as long as nothing is added. */
  get data(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  get length(): number {
    return this.#end - this.#start;
  }

  push(chunk: Buffer): void {
    if (this.length === 0) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#isOwn = false;
      return;
    }
    const needed = this.length + chunk.length;
    if (!this.#isOwn || this.#end + chunk.length > this.#buffer.length) {
      const expected = this.#expected + slackBytes;
      const larger = Buffer.allocUnsafeSlow(this.#expected > 0 && expected >= needed ? expected : 2 * needed);
      this.data.copy(larger);
      this.#end = this.length;
      this.#buffer = larger;
      this.#start = 0;
      this.#isOwn = true;
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** So many will be taken at once: there is to be room for them. */
  expect(bytes: number): void {
    this.#expected = bytes;
  }

  /** Removes bytes from the front. They stay as they are. */
  take(bytes: number): Buffer {
    const taken = this.#buffer.subarray(this.#start, this.#start + bytes);
    this.#start += taken.length;
    this.#expected = 0;
    return taken;
  }
}
