import type { JudgedTransport } from './rtsp-transport.js';

/** What is to be done with a piece of what a camera sent. */
export interface Watched {
  /** To be handed on; what belongs to a message that is not complete yet is held back. */
  readonly pass: Buffer;
  /** Set where the camera must not be listened to any more. */
  readonly refusal?: RtspRefusal;
}

export type RtspRefusal =
  | { readonly kind: 'redirected'; readonly location: string | undefined }
  | { readonly kind: 'malformed' | 'transport'; readonly reason: string };

export interface RtspWatchEvents {
  /** The address by which the client finds a redirect's target; undefined where it must not go there. */
  onRedirect(location: string): string | undefined;
  /** What the client is told as the camera's `Transport`. */
  onTransport(answer: string): JudgedTransport;
}

/** Longer heads, lines and bodies than these no camera sends before it plays. */
const maxHeadBytes = 16 * 1024;
const maxBodyBytes = 1024 * 1024;
/** Messages and packets before it plays. Each costs as much as a thousand bytes that are only passed on. */
const maxUnits = 5000;

const interleaved = 0x24; // $
const newline = 0x0a;
const nothing = Buffer.alloc(0);

/**
 * Reads over what a camera says in RTSP (RFC 2326) until it plays. It finds redirects, which FFmpeg would follow with user
 * and password, past every check, and from where media are to come. It takes nothing but plain, whole messages, so that
 * whoever reads on sees the same messages as this does. Once the camera plays nobody follows a redirect any more, and all
 * is passed.
 */
export class RtspWatch {
  #held = nothing;
  /** Bytes of a body or an interleaved packet that are still to come. */
  #body = 0;
  #asked = false;
  #playing = false;
  #units = 0;
  readonly #events: RtspWatchEvents;

  constructor(events: RtspWatchEvents) {
    this.#events = events;
  }

  /** True where nothing has to be watched any more. */
  get playing(): boolean {
    return this.#playing;
  }

  /** What the client sent; it writes each request at once. */
  sent(request: Buffer): void {
    if (request.subarray(0, 5).equals(Buffer.from('PLAY '))) this.#asked = true;
  }

  received(chunk: Buffer): Watched {
    if (this.#playing) return { pass: chunk };
    const data = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = nothing;
    const passed: Buffer[] = [];
    for (let at = 0; at < data.length; ) {
      if (this.#playing) {
        passed.push(data.subarray(at));
        break;
      }
      const unit = this.#unit(data.subarray(at));
      if ('refusal' in unit) return { pass: Buffer.concat(passed), refusal: unit.refusal };
      if (unit.bytes === 0) {
        this.#held = Buffer.from(data.subarray(at));
        break;
      }
      passed.push(unit.replacement ?? data.subarray(at, at + unit.bytes));
      at += unit.bytes;
    }
    return { pass: passed.length === 1 ? (passed[0] as Buffer) : Buffer.concat(passed) };
  }

  /** The next bytes that belong together: how many; 0 where more of them have to come. */
  #unit(data: Buffer): { bytes: number; replacement?: Buffer } | { refusal: RtspRefusal } {
    if (this.#body > 0) {
      const bytes = Math.min(this.#body, data.length);
      this.#body -= bytes;
      return { bytes };
    }
    if (data[0] === interleaved) {
      if (data.length < 4) return { bytes: 0 };
      if (++this.#units > maxUnits) return tooMany;
      this.#body = data.readUInt16BE(2);
      return { bytes: 4 };
    }
    const bytes = headBytes(data);
    if (bytes > maxHeadBytes || (bytes === 0 && data.length > maxHeadBytes)) return malformed('too long');
    if (bytes === 0) return { bytes };
    if (++this.#units > maxUnits) return tooMany;
    return this.#head(data.toString('latin1', 0, bytes), bytes);
  }

  #head(text: string, bytes: number): { bytes: number; replacement?: Buffer } | { refusal: RtspRefusal } {
    const lines = text.split(/\r?\n/);
    while (lines.length > 1 && lines.at(-1) === '') lines.pop();
    const [first = '', ...fields] = lines;
    if (first === '' && fields.length === 0) return { bytes };
    const status = /^RTSP\/\d\.\d (\d{3})(?: |$)/.exec(first)?.[1];
    if (status === undefined && !/^[A-Z_]{1,32} [\x21-\x7e]{1,2048} RTSP\/\d\.\d$/.test(first)) {
      return malformed('no RTSP');
    }
    // Letters first: a field that is folded, or that begins with the sign of a packet, is read in several ways.
    if (
      !fields.every((field) => /^[A-Za-z][\w-]*:/.test(field)) ||
      /[\0\r]/.test([first, ...fields].join(''))
    ) {
      return malformed('fields that are none');
    }
    const lengths = fields.filter((field) => /^content-length:/i.test(field));
    const length = /^content-length: *(\d{1,7})$/i.exec(lengths[0] ?? 'Content-Length: 0')?.[1];
    if (lengths.length > 1 || length === undefined || Number(length) > maxBodyBytes) {
      return malformed('a body of unclear length');
    }
    const transports = fields.filter((field) => isTransport.test(field));
    if (transports.length > 1) return malformed('several transports');
    this.#body = Number(length);
    if (status?.startsWith('3')) return this.#redirect(first, fields, bytes);
    if (this.#asked && status?.startsWith('2')) this.#playing = true;
    if (transports.length === 0) return { bytes };
    const judged = this.#events.onTransport((transports[0] as string).replace(isTransport, ''));
    if ('refusal' in judged) return { refusal: { kind: 'transport' as const, reason: judged.refusal } };
    const told = fields.map((field) => (isTransport.test(field) ? `Transport: ${judged.transport}` : field));
    return { bytes, replacement: message(first, told) };
  }

  #redirect(first: string, fields: string[], bytes: number) {
    const isLocation = /^location: */i;
    const locations = fields.filter((field) => isLocation.test(field));
    const location = locations.length === 1 ? (locations[0] as string).replace(isLocation, '') : undefined;
    const target = location === undefined ? undefined : this.#events.onRedirect(location);
    if (target === undefined) return { refusal: { kind: 'redirected' as const, location } };
    const lines = fields.map((field) => (isLocation.test(field) ? `Location: ${target}` : field));
    return { bytes, replacement: message(first, lines) };
  }
}

const isTransport = /^transport: */i;

function message(first: string, fields: readonly string[]): Buffer {
  return Buffer.from(`${[first, ...fields].join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Up to and with the empty line; 0 where there is none yet. An empty line by itself is a head, too. */
function headBytes(data: Buffer): number {
  for (let at = 0; ; ) {
    const end = data.indexOf(newline, at);
    if (end < 0) return 0;
    const length = end - at;
    if (length === 0 || (length === 1 && data[at] === 0x0d)) return end + 1;
    at = end + 1;
  }
}

function malformed(reason: string): { refusal: RtspRefusal } {
  return { refusal: { kind: 'malformed', reason } };
}

const tooMany = malformed('too many messages before it plays');
