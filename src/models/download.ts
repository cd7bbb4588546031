import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface DownloadOptions {
  url: string;
  authorization?: string | undefined;
  /** An existing file; what it holds is taken for the beginning. */
  path: string;
  /** What the whole file has; not one byte more is written. */
  bytes: number;
  onProgress: (received: number) => void;
  pace?: DownloadPace | undefined;
}

/** How long to wait for what. */
export interface DownloadPace {
  /** For an answer, and between two pieces of it. */
  silenceMs: number;
  /** Before each further attempt that follows one without progress. */
  retryMs: readonly number[];
}

const defaultPace: DownloadPace = { silenceMs: 15_000, retryMs: [500, 1000, 2000] };

/** A server that breaks off again and again, but sends something each time, is not asked for ever. */
const maxAttempts = 20;

/** Why a source did not give the file. `wrong`: it gave another one. */
export class DownloadError extends Error {
  readonly kind: 'passing' | 'lasting' | 'wrong';

  constructor(kind: DownloadError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/**
 * Fetches an address into a file and goes on where an earlier attempt broke off, if the server can; the caller
 * compares the checksum. Throws DownloadError, or the file system's error.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { retryMs } = options.pace ?? defaultPace;
  const handle = await open(options.path, 'r+');
  try {
    let best = (await handle.stat()).size;
    let fruitless = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        return await downloadOnce(handle, options);
      } catch (error) {
        const { size } = await handle.stat();
        fruitless = size > best ? 0 : fruitless + 1;
        best = Math.max(best, size);
        if (!(error instanceof DownloadError) || error.kind !== 'passing') throw error;
        if (fruitless > retryMs.length || attempt >= maxAttempts) throw error;
      }
      await sleep(retryMs[Math.max(0, fruitless - 1)] ?? 0);
    }
  } finally {
    await handle.close();
  }
}

async function downloadOnce(handle: FileHandle, options: DownloadOptions): Promise<void> {
  const { bytes, onProgress } = options;
  const abort = new AbortController();
  const silenceMs = (options.pace ?? defaultPace).silenceMs;
  const silence = setTimeout(() => abort.abort(new Error(`no answer for ${silenceMs} ms`)), silenceMs);
  try {
    let position = (await handle.stat()).size;
    const response = await request(options, position, abort.signal);
    if (position > 0 && !continues(response, position)) {
      await handle.truncate(0);
      position = 0;
    }
    refuseWrongSize(response, position, bytes);
    // A proxy's page may be empty; so may a broken answer.
    for await (const chunk of response.body ?? []) {
      silence.refresh();
      if (position + chunk.byteLength > bytes) {
        throw new DownloadError('wrong', `expected ${bytes} bytes, found more`);
      }
      await handle.write(chunk, 0, chunk.byteLength, position);
      position += chunk.byteLength;
      onProgress(position);
    }
    if (position < bytes) throw new DownloadError('passing', `it ended after ${position} of ${bytes} bytes`);
  } catch (error) {
    if (error instanceof DownloadError || isFileSystemError(error)) throw error;
    throw new DownloadError('passing', reasonOf(error));
  } finally {
    clearTimeout(silence);
    // Whatever else the server would send is not wanted.
    abort.abort();
  }
}

async function request(options: DownloadOptions, position: number, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (position > 0) headers.range = `bytes=${position}-`;
  if (options.authorization !== undefined) headers.authorization = options.authorization;
  const response = await fetch(options.url, { headers, signal });
  const { status } = response;
  if (status === 200 || status === 206) return response;
  // What is there goes beyond what the server has: begin again.
  if (status === 416 && position > 0) return request(options, 0, signal);
  const passing = status >= 500 || status === 408 || status === 429;
  throw new DownloadError(
    passing ? 'passing' : 'lasting',
    `the server answers ${status} ${response.statusText}`.trim(),
  );
}

/** True where the answer begins at `position`, as asked. */
function continues(response: Response, position: number): boolean {
  if (response.status !== 206) return false;
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (start === undefined || Number(start) !== position) {
    throw new DownloadError('lasting', 'the server answers with another part of the file than was asked for');
  }
  return true;
}

/** An answer that says itself that it is another file is not worth reading. */
function refuseWrongSize(response: Response, position: number, bytes: number): void {
  const length = response.headers.get('content-length');
  if (length === null || response.headers.has('content-encoding')) return;
  const found = position + Number(length);
  if (found !== bytes) throw new DownloadError('wrong', `expected ${bytes} bytes, found ${found}`);
}

function isFileSystemError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'syscall' in error &&
    ['write', 'ftruncate', 'fstat'].includes(String(error.syscall))
  );
}

/** fetch says "fetch failed" and hides why below. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return cause?.code ?? cause?.message ?? (error as Error).message;
}
