import { StringDecoder } from 'node:string_decoder';

/** Longer than any line that says something; a library may print a whole message of a camera. */
const maxLineLength = 4096;

/**
 * Cuts what a process prints into lines and hands each on, without its end. Of a longer line only the beginning is
 * kept, marked with "…": a process that prints without a line break fills no memory.
 */
export class LineReader {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #line = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const parts = this.#decoder.write(chunk).split('\n');
    const last = parts.pop() as string;
    for (const part of parts) {
      this.#add(part);
      this.#tell();
    }
    this.#add(last);
  }

  /** Nothing follows. */
  end(): void {
    this.#add(this.#decoder.end());
    if (this.#line !== '') this.#tell();
  }

  #add(part: string): void {
    if (this.#line.length <= maxLineLength) this.#line += part.slice(0, maxLineLength + 1);
  }

  #tell(): void {
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line;
    this.#line = '';
    this.#onLine(line.length > maxLineLength ? `${line.slice(0, maxLineLength)}…` : line);
  }
}
