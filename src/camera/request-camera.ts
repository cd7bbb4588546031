import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { AgentError } from '../errors.js';
import { CameraAgent } from './camera-agent.js';
import type { ConnectOptions } from './connect-camera.js';

export interface RequestOptions extends ConnectOptions {
  /** Asked for at `endpoint`; user and password in it are left out. */
  readonly url: URL;
  readonly method?: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer;
  /** How long the beginning of the answer may take, in ms; timeoutMs by default. */
  readonly answerMs?: number;
  /** Has the connection, which is of the same endpoint and policy; where left out it is one for this request alone. */
  readonly agent?: CameraAgent | undefined;
  /** Cameras are understood that write HTTP as they like, for example end their lines with LF alone. */
  readonly lenient?: boolean;
}

/**
 * One HTTP request to a camera, on a connection of connectCamera()'s; its answer's body is to be read or destroyed.
 * Redirects are not followed. Throws AgentError as connectCamera().
 */
export function requestCamera(options: RequestOptions): Promise<IncomingMessage> {
  const { url, method = 'GET', headers, timeoutMs, answerMs = timeoutMs, signal, description } = options;
  const { agent = new CameraAgent({ ...options, keep: false }), lenient = false } = options;
  const failed = (reason: string): AgentError =>
    new AgentError('CAMERA_OPEN_FAILED', `${description} cannot be opened: ${reason}`);
  return new Promise((resolve, reject) => {
    let outgoing: ClientRequest;
    try {
      outgoing = request({
        agent,
        method,
        path: `${url.pathname}${url.search}`,
        headers: { ...headers, host: url.host },
        insecureHTTPParser: lenient,
        signal,
      });
    } catch (error) {
      // What a camera has said goes back to it, and may hold what no header can.
      reject(failed((error as Error).message));
      return;
    }
    const late = (): unknown => outgoing.destroy(new Error(`no answer within ${answerMs} ms`));
    // Connecting has its own limit; the answer is waited for from then on.
    let limit = setTimeout(late, timeoutMs + answerMs);
    let isAnswered = false;
    outgoing.once('socket', () => {
      clearTimeout(limit);
      limit = setTimeout(late, answerMs);
    });
    outgoing.once('response', (response) => {
      clearTimeout(limit);
      isAnswered = true;
      resolve(response);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(limit);
      if (isAnswered) return; // whoever reads the answer is told, too
      if (error instanceof AgentError) reject(error);
      else if (wasLeftBefore(outgoing, error)) resolve(requestCamera(options));
      else reject(failed(signal.aborted ? 'it was closed meanwhile' : answerReason(error)));
    });
    outgoing.end(options.body);
  });
}

/** True where a kept connection was closed just as it was used again: the request was not looked at. */
function wasLeftBefore({ reusedSocket }: ClientRequest, { code }: NodeJS.ErrnoException): boolean {
  return reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
}

function answerReason(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNRESET') return 'it closed the connection without an answer';
  if (error.code?.startsWith('HPE_')) return `it answers what is not HTTP (${error.code})`;
  return error.message;
}
