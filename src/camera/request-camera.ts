import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { AgentError } from '../errors.js';
import { type ConnectOptions, connectCamera } from './connect-camera.js';

export interface RequestOptions extends ConnectOptions {
  /** Asked for at `endpoint`; user and password in it are left out. */
  readonly url: URL;
  readonly method?: string;
  readonly headers: OutgoingHttpHeaders;
}

/**
 * One HTTP request to a camera, on a connection of connectCamera()'s; its answer's body is to be read or destroyed.
 * Redirects are not followed. Throws AgentError as connectCamera().
 */
export async function requestCamera(options: RequestOptions): Promise<IncomingMessage> {
  const { url, method = 'GET', headers, timeoutMs, signal, description } = options;
  const socket = await connectCamera(options);
  const limit = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const outgoing = request({
      method,
      path: `${url.pathname}${url.search}`,
      headers: { ...headers, host: url.host, connection: 'close' },
      createConnection: () => socket,
      signal,
    });
    const late = (): unknown => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`));
    limit.addEventListener('abort', late, { once: true });
    outgoing.once('response', (response) => {
      limit.removeEventListener('abort', late);
      resolve(response);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      limit.removeEventListener('abort', late);
      socket.destroy();
      const reason = signal.aborted ? 'it was closed meanwhile' : answerReason(error);
      reject(new AgentError('CAMERA_OPEN_FAILED', `${description} cannot be opened: ${reason}`));
    });
    outgoing.end();
  });
}

function answerReason(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNRESET') return 'it closed the connection without an answer';
  if (error.code?.startsWith('HPE_')) return `it answers what is not HTTP (${error.code})`;
  return error.message;
}
