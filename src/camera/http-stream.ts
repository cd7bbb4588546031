import type { IncomingMessage } from 'node:http';
import { AgentError } from '../errors.js';
import { endpointOf } from '../network/endpoint.js';
import type { SourcePolicy } from '../network/source-policy.js';
import { maxBoundaryLength } from './multipart-parser.js';
import { redactSource } from './redact-source.js';
import { requestCamera } from './request-camera.js';

const maxRedirects = 5;

/** A response whose body is still to come, or why OpenCV's FFmpeg should try instead. */
export type HttpStream =
  | { readonly kind: 'multipart'; readonly boundary: string; readonly response: IncomingMessage }
  | { readonly kind: 'other'; readonly reason: string };

export interface OpenStreamOptions {
  /** Of each connect, and of each answer. */
  readonly timeoutMs: number;
  readonly policy: SourcePolicy;
  readonly signal: AbortSignal;
}

/**
 * Asks for a camera's stream and follows redirections. Answers that are no multipart stream, and demands for a
 * login that Basic authentication does not meet, come back as `other`.
 * Throws AgentError CAMERA_OPEN_FAILED, CAMERA_ADDRESS_BLOCKED, CAMERA_UNPROVEN.
 */
export async function openHttpStream(address: string, options: OpenStreamOptions): Promise<HttpStream> {
  const first = new URL(address);
  let url = first;
  for (let hop = 0; hop <= maxRedirects; hop++) {
    // Of another scheme, host or port nobody has said that it may have the credentials.
    const authorisation = url.origin === first.origin ? basicAuthorisation(first) : undefined;
    const response = await get(url, authorisation, options);
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
  throw failure(first, `more than ${maxRedirects} redirections`);
}

function get(
  url: URL,
  authorisation: string | undefined,
  options: OpenStreamOptions,
): Promise<IncomingMessage> {
  const endpoint = endpointOf(url.href);
  if (endpoint === undefined) throw failure(url, 'its host is none');
  const headers = { accept: '*/*', ...(authorisation === undefined ? {} : { authorization: authorisation }) };
  return requestCamera({ ...options, endpoint, url, headers, description: redactSource(url.href) });
}

function boundaryOf(type: string): string | undefined {
  return /^multipart\/[^;]/i.test(type) ? /boundary="?([^";\s]+)/i.exec(type)?.[1] : undefined;
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
