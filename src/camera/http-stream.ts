import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { AgentError } from '../errors.js';
import { maxBoundaryLength } from './multipart-parser.js';
import { redactSource } from './redact-source.js';

const maxRedirects = 5;

/** A response whose body is still to come, or why OpenCV's FFmpeg should try instead. */
export type HttpStream =
  | { readonly kind: 'multipart'; readonly boundary: string; readonly response: IncomingMessage }
  | { readonly kind: 'other'; readonly reason: string };

/**
 * Asks for a camera's stream and follows redirections. Answers that are no multipart stream, and demands for a
 * login that Basic authentication does not meet, come back as `other`. Throws AgentError CAMERA_OPEN_FAILED.
 */
export async function openHttpStream(
  address: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<HttpStream> {
  const origin = new URL(address);
  let url = origin;
  for (let hop = 0; hop <= maxRedirects; hop++) {
    // A redirection to another host must not take the credentials with it.
    const authorised = url.host === origin.host ? basicAuthorisation(origin) : undefined;
    const response = await get(url, { authorisation: authorised, timeoutMs, signal });
    const status = response.statusCode ?? 0;
    const location = response.headers.location;
    if (status >= 300 && status < 400 && location !== undefined) {
      response.destroy();
      url = redirected(location, url);
      continue;
    }
    if (status === 401 && /digest/i.test(response.headers['www-authenticate'] ?? '')) {
      response.destroy();
      return { kind: 'other', reason: 'it demands Digest authentication' };
    }
    if (status !== 200) {
      response.destroy();
      throw failure(url, `the server answered ${status} ${response.statusMessage ?? ''}${loginHint(status)}`);
    }
    const type = response.headers['content-type'] ?? '';
    const boundary = boundaryOf(type);
    if (boundary !== undefined && boundary.length <= maxBoundaryLength) {
      return { kind: 'multipart', boundary, response };
    }
    response.destroy();
    if (boundary !== undefined) {
      throw failure(
        url,
        `its boundary has ${boundary.length} characters, at most ${maxBoundaryLength} are taken`,
      );
    }
    if (/^(text\/|application\/json)/i.test(type)) {
      throw failure(url, `it is no video but ${type}; look for the address of the camera's stream`);
    }
    return { kind: 'other', reason: `its content type is ${type === '' ? 'not given' : type}` };
  }
  throw failure(origin, `more than ${maxRedirects} redirections`);
}

function boundaryOf(type: string): string | undefined {
  return /^multipart\/[^;]/i.test(type) ? /boundary="?([^";\s]+)/i.exec(type)?.[1] : undefined;
}

interface GetOptions {
  readonly authorisation: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

function get(url: URL, options: GetOptions): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const target = new URL(url);
  target.username = '';
  target.password = '';
  const { authorisation, timeoutMs, signal } = options;
  const headers = authorisation === undefined ? {} : { authorization: authorisation };
  return new Promise((resolve, reject) => {
    const outgoing = request(target, { headers: { accept: '*/*', ...headers }, agent: false, signal });
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    outgoing.once('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const reason = signal.aborted ? 'it was closed meanwhile' : connectReason(error);
      reject(failure(url, reason));
    });
    outgoing.end();
  });
}

function connectReason(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'nothing listens there (connection refused)';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'its host name cannot be resolved';
  return redactSource(error.message);
}

function redirected(location: string, from: URL): URL {
  let url: URL;
  try {
    url = new URL(location, from);
  } catch {
    throw failure(from, 'it redirects to something that is no URL');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw failure(from, `it redirects to ${url.protocol}, which is not followed`);
  }
  return url;
}

function basicAuthorisation(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(user).toString('base64')}`;
}

function loginHint(status: number): string {
  return status === 401 || status === 403 ? ' (check user and password)' : '';
}

function failure(url: URL, reason: string): AgentError {
  return new AgentError('CAMERA_OPEN_FAILED', `${redactSource(url.href)} cannot be opened: ${reason.trim()}`);
}
