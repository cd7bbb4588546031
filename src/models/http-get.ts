import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { DownloadError } from './download-error.js';
import type { FetchGuard } from './fetch-guard.js';

export interface HttpGetOptions {
  headers: Readonly<Record<string, string>>;
  /** Judges every address; without one there is nothing that may not be asked. */
  guard?: FetchGuard | undefined;
  /** Ends the request, and the reading of its answer. */
  signal: AbortSignal;
}

const maxRedirects = 5;

/**
 * Asks for an http(s) address and follows redirects. The answer's body is to be read or destroyed.
 * Throws DownloadError, the guard's AgentError, or the error of the connection.
 */
export async function httpGet(address: string, options: HttpGetOptions): Promise<IncomingMessage> {
  let url = new URL(address);
  let { headers } = options;
  for (let redirects = 0; ; redirects++) {
    const answer = await ask(url, { ...options, headers });
    const { location } = answer.headers;
    // uncovered: the answer to a request always has a status, whatever its type says of servers' requests
    if (![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) || location === undefined) return answer;
    answer.destroy();
    if (redirects === maxRedirects) {
      throw new DownloadError('lasting', `the server redirects more than ${maxRedirects} times`);
    }
    const next = redirectTarget(location, url, options.guard);
    if (next.origin !== url.origin) {
      const { authorization: _, ...others } = headers;
      headers = others;
    }
    url = next;
  }
}

function redirectTarget(location: string, from: URL, guard: FetchGuard | undefined): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (next !== undefined) guard?.check(next);
  const isWeb = next?.protocol === 'http:' || next?.protocol === 'https:';
  if (next !== undefined && isWeb && next.username === '' && next.password === '') return next;
  throw new DownloadError('lasting', 'the server redirects to something that is no plain http(s) address');
}

function ask(url: URL, { headers, guard, signal }: HttpGetOptions): Promise<IncomingMessage> {
  const lookup = guard?.admit(url);
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    // A connection of its own for each request: one that is kept open was judged for another.
    const certainly = { rejectUnauthorized: true }; // whatever the environment says
    const options = {
      headers,
      signal,
      agent: false,
      ...certainly,
      ...(lookup === undefined ? {} : { lookup }),
    };
    request(url, options).once('response', resolve).on('error', reject).end();
  });
}
