import { DownloadError } from './download-error.js';

/** Ends a request when nothing has come for a while, or when its caller wants it to end. */
export class RequestLimits {
  readonly #silence = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #outer: AbortSignal | undefined;
  /** For the request. */
  readonly signal: AbortSignal;

  /** Begins at once. The reason of `outer` is an Error that says why. */
  constructor(silenceMs: number, outer?: AbortSignal) {
    const abort = () => this.#silence.abort(new Error(`no answer for ${silenceMs} ms`));
    this.#timer = setTimeout(abort, silenceMs);
    this.#outer = outer;
    this.signal = outer === undefined ? this.#silence.signal : AbortSignal.any([this.#silence.signal, outer]);
  }

  /** Something came. */
  refresh(): void {
    this.#timer.refresh();
  }

  /** Why the request failed with this error. */
  fault(error: unknown): DownloadError {
    if (this.#outer?.aborted === true) return new DownloadError('lasting', messageOf(this.#outer.reason));
    const { aborted, reason } = this.#silence.signal;
    return new DownloadError('passing', messageOf(aborted ? reason : error));
  }

  /** Ends the waiting, and the request with it where it is still under way. */
  end(): void {
    clearTimeout(this.#timer);
    this.#silence.abort();
  }
}

/** Of the system's errors the code says it all; some have no message. */
function messageOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : message;
}
