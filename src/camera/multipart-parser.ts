import { monotonicMs } from '../monotonic-ms.js';
import { ByteQueue } from './byte-queue.js';

/** Bytes of one part, and of what stands before it. */
export interface MultipartLimits {
  /** A part larger than this is no camera picture: the stream is given up. */
  readonly partBytes: number;
  /** The same of a part that does not say how long it is: room for it grows by copying, which other cameras wait for. */
  readonly openPartBytes: number;
  /** Of a part's headers, of a boundary's line, and of what stands before a boundary. */
  readonly headerBytes: number;
}

const defaultLimits: MultipartLimits = {
  partBytes: 32 * 2 ** 20,
  openPartBytes: 8 * 2 ** 20,
  headerBytes: 64 * 2 ** 10,
};

/** RFC 2046 has 70. The search for one is linear up to 250. */
export const maxBoundaryLength = 200;

const newline = 0x0a;
const carriageReturn = 0x0d;
const dash = 0x2d;

/** A body, and when it began to come, on monotonicMs()'s clock: what has no length is only complete when the next part begins. */
type OnPart = (body: Buffer, begunMs: number) => void;

/**
 * Cuts an HTTP multipart stream (RFC 2046) into the bodies of its parts. Parts with a Content-Length are cut by it,
 * others at the next boundary. Cameras that name the boundary with its two leading dashes work, whether they write two more
 * or not; so do those that end lines with LF alone.
 * Every byte is looked at a bounded number of times, whatever the stream holds and however it is cut into chunks.
 */
export class MultipartParser {
  readonly #delimiter: Buffer;
  readonly #onPart: OnPart;
  readonly #limits: MultipartLimits;
  readonly #queue = new ByteQueue();
  #state: 'boundary' | 'line' | 'headers' | 'body' = 'boundary';
  /** Bytes of this element that are gone. */
  #skipped = 0;
  /** In the bytes that wait, nothing that is looked for begins before this one. */
  #searched = 0;
  #length: number | null = null;
  #begunMs: number | undefined;

  /** Throws RangeError where the boundary is empty or longer than `maxBoundaryLength`. */
  constructor(boundary: string, onPart: OnPart, limits: Partial<MultipartLimits> = {}) {
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
    if (this.#queue.length > 0) this.#begunMs ??= monotonicMs();
    const length = this.#length ?? this.#bodyLength();
    if (length === null) return false;
    if (this.#queue.length < length) {
      this.#queue.expect(length);
      return false;
    }
    const body = this.#queue.take(length);
    const begunMs = this.#begunMs;
    this.#enter('boundary');
    if (length > 0 && begunMs !== undefined) this.#onPart(body, begunMs);
    return true;
  }

  /** Without Content-Length the body ends where the next boundary begins. */
  #bodyLength(): number | null {
    const { data } = this.#queue;
    const at = data.indexOf(this.#delimiter, this.#searched);
    const end = at === -1 ? null : bodyEnd(data, at);
    if (end === null) this.#searched = Math.max(0, data.length - this.#delimiter.length + 1);
    // Of what is there four bytes may belong to a boundary that has just begun: a line break and two dashes.
    const { openPartBytes } = this.#limits;
    if ((end ?? this.#searched - 4) > openPartBytes) {
      throw new Error(`a part without Content-Length is larger than ${openPartBytes} bytes`);
    }
    return end;
  }

  #enter(state: 'boundary' | 'line' | 'headers' | 'body'): void {
    this.#state = state;
    this.#skipped = 0;
    this.#searched = 0;
    this.#begunMs = undefined;
  }
}

const lineEnd = Buffer.from('\n');

/** In front of a boundary: before the line break there, and before two dashes more than were looked for. */
function bodyEnd(data: Buffer, boundary: number): number {
  const dashes = boundary - 2;
  if (dashes < 0 || data[dashes] !== dash || data[dashes + 1] !== dash)
    return withoutLineBreak(data, boundary);
  const end = withoutLineBreak(data, dashes);
  // On a line of their own they belong to the boundary, else to the body.
  return end < dashes || dashes === 0 ? end : boundary;
}

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
    if (data[end + 1] === carriageReturn && data[end + 2] === newline) return end + 3;
  }
  return null;
}
