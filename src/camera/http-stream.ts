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

/** What a camera of a remote document is said to do, whatever the server said. */
const noVideo = 'it gives no video at this address';

/**
 * Asks for a camera's stream and follows redirections. Answers that are no multipart stream, and demands for a
 * login that Basic authentication does not meet, come back as `other`.
 * Throws AgentError CAMERA_OPEN_FAILED, CAMERA_ADDRESS_BLOCKED, CAMERA_UNPROVEN.
 */
export async function openHttpStream(address: string, options: OpenStreamOptions): Promise<HttpStream> {
  const first = new URL(address);
  let url = first;
  // A remote document may name any host of the network: its author is not told what that host answers, or where it
  // redirects to.
  const { remote } = options.policy;
  const failed = (reason: string, word: string = noVideo): AgentError =>
    remote ? failure(first, word) : failure(url, reason);
  for (let hop = 0; hop <= maxRedirects; hop++) {
    // Of another scheme, host or port nobody has said that it may have the credentials.
    const authorisation = url.origin === first.origin ? basicAuthorisation(first) : undefined;
    const described = remote ? first : url;
    const response = await get(url, authorisation, described, options).catch((error) => {
      if (!remote || hop === 0 || error.code !== 'CAMERA_OPEN_FAILED') throw error;
      throw failed('', 'what it redirects to gives no answer');
    });
    const status = response.statusCode ?? 0;
    const location = response.headers.location;
    if (status >= 300 && status < 400 && location !== undefined) {
      response.destroy();
      url = redirected(location, url, failed);
      continue;
    }
    if (status === 401 && /digest/i.test(response.headers['www-authenticate'] ?? '')) {
      response.destroy();
      return { kind: 'other', reason: 'it demands Digest authentication' };
    }
    if (status !== 200) {
      response.destroy();
      const hint = status === 401 || status === 403 ? ' (check user and password)' : '';
      const reason = `the server answered ${status} ${response.statusMessage ?? ''}${hint}`;
      throw failed(reason, hint === '' ? noVideo : `it refuses the request${hint}`);
    }
    const type = response.headers['content-type'] ?? '';
    const boundary = boundaryOf(type);
    if (boundary !== undefined && boundary.length <= maxBoundaryLength) {
      return { kind: 'multipart', boundary, response };
    }
    response.destroy();
    if (boundary !== undefined) {
      throw failed(`its boundary has ${boundary.length} characters, at most ${maxBoundaryLength} are taken`);
    }
    if (/^(text\/|application\/json)/i.test(type)) {
      throw failed(`it is no video but ${type}; look for the address of the camera's stream`);
    }
    const told = remote ? 'another' : type === '' ? 'not given' : type;
    return { kind: 'other', reason: `its content type is ${told}` };
  }
  throw failure(first, `more than ${maxRedirects} redirections`);
}

function get(
  url: URL,
  authorisation: string | undefined,
  described: URL,
  options: OpenStreamOptions,
): Promise<IncomingMessage> {
  const endpoint = endpointOf(url.href);
  if (endpoint === undefined) return Promise.reject(failure(described, 'its host is none'));
  const headers = { accept: '*/*', ...(authorisation === undefined ? {} : { authorization: authorisation }) };
  return requestCamera({ ...options, endpoint, url, headers, description: redactSource(described.href) });
}

function boundaryOf(type: string): string | undefined {
  return /^multipart\/[^;]/i.test(type) ? /boundary="?([^";\s]+)/i.exec(type)?.[1] : undefined;
}

function redirected(location: string, from: URL, failed: (reason: string, word: string) => AgentError): URL {
  const word = 'it redirects to what is no HTTP address';
  if (!URL.canParse(location, from.href)) throw failed('it redirects to something that is no URL', word);
  const url = new URL(location, from);
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw failed(`it redirects to ${url.protocol}, which is not followed`, word);
}

function basicAuthorisation(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(user).toString('base64')}`;
}

function failure(url: URL, reason: string): AgentError {
  return new AgentError('CAMERA_OPEN_FAILED', `${redactSource(url.href)} cannot be opened: ${reason.trim()}`);
}
