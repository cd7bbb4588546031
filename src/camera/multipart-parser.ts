import { ByteQueue } from './byte-queue.js';

/** Bytes of one part, and of what stands before it. */
export interface MultipartLimits {
  /** A part larger than this is no camera picture: the stream is given up. */
  readonly partBytes: number;
  /** Of a part's headers, of a boundary's line, and of what stands before a boundary. */
  readonly headerBytes: number;
}

const defaultLimits: MultipartLimits = { partBytes: 32 * 1024 * 1024, headerBytes: 64 * 1024 };

/** RFC 2046 has 70. The search for one is linear up to 250. */
export const maxBoundaryLength = 200;

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Cuts an HTTP multipart stream (RFC 2046) into the bodies of its parts. Parts with a Content-Length are cut by it,
 * others at the next boundary. Cameras that write the boundary with or without its two leading dashes both work.
 * Every byte is looked at a bounded number of times, whatever the stream holds and however it is cut into chunks.
 */
export class MultipartParser {
  readonly #delimiter: Buffer;
  readonly #onPart: (body: Buffer) => void;
  readonly #limits: MultipartLimits;
  readonly #queue = new ByteQueue();
  #state: 'boundary' | 'line' | 'headers' | 'body' = 'boundary';
  /** Bytes of this element that are gone. */
  #skipped = 0;
  /** In the bytes that wait, nothing that is looked for begins before this one. */
  #searched = 0;
  #length: number | null = null;

  /** Throws RangeError where the boundary is empty or longer than `maxBoundaryLength`. */
  constructor(boundary: string, onPart: (body: Buffer) => void, limits: Partial<MultipartLimits> = {}) {
    if (boundary === '' || boundary.length > maxBoundaryLength) {
      throw new RangeError(
        `boundary: expected 1 to ${maxBoundaryLength} characters, found ${boundary.length}`,
      );
    }
    this.#delimiter = Buffer.from(boundary.startsWith('--') ? boundary : `--${boundary}`, 'latin1');
    this.#onPart = onPart;
    this.#limits = { ...defaultLimits, ...limits };
  }

  /** Takes the next bytes of the stream. Throws Error when they cannot be such a stream. */
  push(chunk: Buffer): void {
    this.#queue.push(chunk);
    while (this.#step());
  }

  /** Consumes one element from the front; false when more bytes are needed. */
  #step(): boolean {
    switch (this.#state) {
      case 'boundary':
        return this.#skipTo(this.#delimiter, 'line', 'the stream holds no part boundary');
      case 'line':
        return this.#skipTo(lineEnd, 'headers', 'the line of a boundary has no end');
      case 'headers':
        return this.#readHeaders();
      default:
        return this.#readBody();
    }
  }

  /** Past the next such bytes; what stands before them is not kept. */
  #skipTo(wanted: Buffer, next: 'line' | 'headers', otherwise: string): boolean {
    const { data } = this.#queue;
    const at = data.indexOf(wanted);
    const before = at === -1 ? Math.max(0, data.length - wanted.length + 1) : at;
    this.#skipped += before;
    if (this.#skipped > this.#limits.headerBytes) throw new Error(otherwise);
    this.#queue.take(at === -1 ? before : at + wanted.length);
    if (at === -1) return false;
    this.#enter(next);
    return true;
  }

  #readHeaders(): boolean {
    const { data } = this.#queue;
    const end = findHeadersEnd(data, this.#searched);
    if ((end ?? data.length) > this.#limits.headerBytes) throw new Error('a part has no end of headers');
    if (end === null) {
      this.#searched = Math.max(0, data.length - 2);
      return false;
    }
    const headers = data.toString('latin1', 0, end);
    const length = /^content-length:\s*(\d+)\s*$/im.exec(headers)?.[1];
    this.#length = length === undefined ? null : Number(length);
    const { partBytes } = this.#limits;
    if (this.#length !== null && this.#length > partBytes) {
      throw new Error(`a part claims ${this.#length} bytes; at most ${partBytes} are taken`);
    }
    this.#queue.take(end);
    this.#enter('body');
    return true;
  }

  #readBody(): boolean {
    const length = this.#length ?? this.#bodyLength();
    if (length === null) return false;
    if (this.#queue.length < length) {
      this.#queue.expect(length);
      return false;
    }
    const body = this.#queue.take(length);
    this.#enter('boundary');
    if (length > 0) this.#onPart(body);
    return true;
  }

  /** Without Content-Length the body ends before the line break in front of the next boundary. */
  #bodyLength(): number | null {
    const { data } = this.#queue;
    const at = data.indexOf(this.#delimiter, this.#searched);
    const end = at === -1 ? null : withoutLineBreak(data, at);
    if (end === null) this.#searched = Math.max(0, data.length - this.#delimiter.length + 1);
    // Of what is not there yet two bytes may be the line break.
    const { partBytes } = this.#limits;
    if ((end ?? this.#searched - 2) > partBytes) throw new Error(`a part is larger than ${partBytes} bytes`);
    return end;
  }

  #enter(state: 'boundary' | 'line' | 'headers' | 'body'): void {
    this.#state = state;
    this.#skipped = 0;
    this.#searched = 0;
  }
}

const lineEnd = Buffer.from('\n');

function withoutLineBreak(data: Buffer, end: number): number {
  if (end < 1 || data[end - 1] !== newline) return end;
  return end >= 2 && data[end - 2] === carriageReturn ? end - 2 : end - 1;
}

/** Where the headers end: behind an empty line, or at once when the part has none. Line by line, so that nothing behind
 *  that is looked at. */
function findHeadersEnd(data: Buffer, from: number): number | null {
  if (data[0] === carriageReturn && data[1] === newline) return 2;
  if (data[0] === newline) return 1;
  for (let end = data.indexOf(newline, from); end !== -1; end = data.indexOf(newline, end + 1)) {
    if (data[end + 1] === newline) return end + 2;
    const isCrlf = end > 0 && data[end - 1] === carriageReturn;
    if (isCrlf && data[end + 1] === carriageReturn && data[end + 2] === newline) return end + 3;
  }
  return null;
}
