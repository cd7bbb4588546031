/** A part larger than this is no camera picture: the stream is given up. */
const maxPartBytes = 32 * 1024 * 1024;
const maxHeaderBytes = 64 * 1024;

/**
 * Cuts an HTTP multipart stream (RFC 2046) into the bodies of its parts. Parts with a Content-Length are cut by it,
 * others at the next boundary. Cameras that write the boundary with or without its two leading dashes both work.
 */
export class MultipartParser {
  readonly #delimiter: Buffer;
  readonly #onPart: (body: Buffer) => void;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes that must be there before another look is worth it. */
  #wanted = 0;
  #state: 'boundary' | 'headers' | 'body' = 'boundary';
  #length: number | null = null;

  constructor(boundary: string, onPart: (body: Buffer) => void) {
    this.#delimiter = Buffer.from(boundary.startsWith('--') ? boundary : `--${boundary}`, 'latin1');
    this.#onPart = onPart;
  }

  /** Takes the next bytes of the stream. Throws Error when they cannot be such a stream. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#wanted) return;
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#bytes);
    for (;;) {
      const used = this.#step(rest);
      if (used === 0) break;
      rest = rest.subarray(used);
    }
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
  }

  /** Consumes one element from the front; returns its size, or 0 when more bytes are needed. */
  #step(data: Buffer): number {
    switch (this.#state) {
      case 'boundary':
        return this.#skipBoundary(data);
      case 'headers':
        return this.#readHeaders(data);
      default:
        return this.#readBody(data);
    }
  }

  #skipBoundary(data: Buffer): number {
    this.#wanted = 0;
    const at = data.indexOf(this.#delimiter);
    if (at === -1) {
      if (data.length > maxHeaderBytes) throw new Error('the stream holds no part boundary');
      return 0;
    }
    const lineEnd = data.indexOf('\n', at + this.#delimiter.length);
    if (lineEnd === -1) return 0;
    this.#state = 'headers';
    return lineEnd + 1;
  }

  #readHeaders(data: Buffer): number {
    const end = findHeadersEnd(data);
    if (end === null) {
      if (data.length > maxHeaderBytes) throw new Error('a part has no end of headers');
      return 0;
    }
    const headers = data.toString('latin1', 0, end);
    const length = /^content-length:\s*(\d+)\s*$/im.exec(headers)?.[1];
    this.#length = length === undefined ? null : Number(length);
    if (this.#length !== null && this.#length > maxPartBytes) {
      throw new Error(`a part claims ${this.#length} bytes; at most ${maxPartBytes} are taken`);
    }
    this.#state = 'body';
    return end;
  }

  #readBody(data: Buffer): number {
    const length = this.#length ?? this.#bodyLength(data);
    if (length === null || data.length < length) {
      this.#wanted = length ?? 0;
      if (data.length > maxPartBytes) throw new Error(`a part is larger than ${maxPartBytes} bytes`);
      return 0;
    }
    this.#wanted = 0;
    this.#state = 'boundary';
    if (length > 0) this.#onPart(data.subarray(0, length));
    // An empty part of known length leaves nothing to consume: go on with the boundary behind it.
    return length > 0 ? length : this.#skipBoundary(data);
  }

  /** Without Content-Length the body ends before the line break in front of the next boundary. */
  #bodyLength(data: Buffer): number | null {
    const at = data.indexOf(this.#delimiter);
    if (at === -1) return null;
    if (at >= 2 && data[at - 1] === 0x0a && data[at - 2] === 0x0d) return at - 2;
    return at >= 1 && data[at - 1] === 0x0a ? at - 1 : at;
  }
}

/** Where the headers end: behind an empty line, or at once when the part has none. */
function findHeadersEnd(data: Buffer): number | null {
  if (data.length >= 2 && data[0] === 0x0d && data[1] === 0x0a) return 2;
  if (data.length >= 1 && data[0] === 0x0a) return 1;
  const crlf = data.indexOf('\r\n\r\n');
  const lf = data.indexOf('\n\n');
  if (crlf !== -1 && (lf === -1 || crlf < lf)) return crlf + 4;
  return lf === -1 ? null : lf + 2;
}
