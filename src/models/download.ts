import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '../errors.js';
import { DownloadError, refusal } from './download-error.js';
import type { FetchGuard } from './fetch-guard.js';
import { type HttpGetOptions, httpGet } from './http-get.js';
import { RequestLimits } from './request-limits.js';

export interface DownloadOptions {
  url: string;
  authorization?: string | undefined;
  /** An existing file; what it holds is taken for the beginning. */
  path: string;
  /** What the whole file has; not one byte more is written. */
  bytes: number;
  onProgress: (received: number) => void;
  pace?: DownloadPace | undefined;
  /** Judges every address, redirects included; without one there is nothing that may not be asked. */
  guard?: FetchGuard | undefined;
  /** Ends the whole download; its reason is an Error that says why. */
  signal?: AbortSignal | undefined;
}

/** How long to wait for what. */
export interface DownloadPace {
  /** For an answer, and between two pieces of it. */
  silenceMs: number;
  /** Before each further attempt that follows one without progress. */
  retryMs: readonly number[];
}

export const defaultPace: DownloadPace = { silenceMs: 15_000, retryMs: [500, 1000, 2000] };

/** A server that breaks off again and again, but sends something each time, is not asked for ever. */
const maxAttempts = 20;

/**
 * Fetches an address into a file and goes on where an earlier attempt broke off, if the server can; the caller
 * compares the checksum. Throws DownloadError, the guard's AgentError, or the file system's error.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { retryMs } = options.pace ?? defaultPace;
  // A link in the store's place must not lead the bytes elsewhere.
  const handle = await open(options.path, constants.O_RDWR | constants.O_NOFOLLOW);
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
      const pause = retryMs[Math.max(0, fruitless - 1)] ?? 0;
      // Where the signal ends it, the next attempt says why.
      await sleep(pause, undefined, { signal: options.signal }).catch(() => undefined);
    }
  } finally {
    await handle.close();
  }
}

async function downloadOnce(handle: FileHandle, options: DownloadOptions): Promise<void> {
  const { bytes, onProgress, guard, signal } = options;
  const limits = new RequestLimits((options.pace ?? defaultPace).silenceMs, signal);
  try {
    let position = (await handle.stat()).size;
    const answer = await request(options, position, { guard, signal: limits.signal });
    if (position > 0 && !continues(answer, position)) {
      await handle.truncate(0);
      position = 0;
    }
    refuseWrongSize(answer, position, bytes);
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      limits.refresh();
      if (position + chunk.byteLength > bytes) {
        throw new DownloadError('wrong', `expected ${bytes} bytes, found more`);
      }
      await writeWhole(handle, chunk, position);
      position += chunk.byteLength;
      onProgress(position);
    }
    if (position < bytes) throw new DownloadError('passing', `it ended after ${position} of ${bytes} bytes`);
  } catch (error) {
    if (error instanceof DownloadError || error instanceof AgentError || isFileSystemError(error))
      throw error;
    throw limits.fault(error);
  } finally {
    // Whatever else the server would send is not wanted.
    limits.end();
  }
}

/** A disk that has no room for all of it takes a part without complaint, and refuses the rest. */
async function writeWhole(handle: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.byteLength - done, position + done);
    done += bytesWritten;
  }
}

async function request(
  options: DownloadOptions,
  position: number,
  how: Pick<HttpGetOptions, 'guard' | 'signal'>,
): Promise<IncomingMessage> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (position > 0) headers.range = `bytes=${position}-`;
  if (options.authorization !== undefined) headers.authorization = options.authorization;
  const answer = await httpGet(options.url, { headers, ...how });
  const { statusCode: status = 0 } = answer;
  if (status === 200 || status === 206) return answer;
  answer.destroy();
  // What is there goes beyond what the server has: begin again.
  if (status === 416 && position > 0) return request(options, 0, how);
  throw refusal(answer);
}

/** True where the answer begins at `position`, as asked. */
function continues({ statusCode, headers }: IncomingMessage, position: number): boolean {
  if (statusCode !== 206) return false;
  const start = /^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1];
  if (start === undefined || Number(start) !== position) {
    throw new DownloadError('lasting', 'the server answers with another part of the file than was asked for');
  }
  return true;
}

/** An answer that says itself that it is another file is not worth reading. */
function refuseWrongSize({ headers }: IncomingMessage, position: number, bytes: number): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new DownloadError(
      'lasting',
      `the server sends the file in another form (${encoding.slice(0, 20)})`,
    );
  }
  const length = headers['content-length'];
  if (length === undefined) return;
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
