import { once } from 'node:events';
import type { Socket } from 'node:net';
import { AgentError } from '../errors.js';
import { endpointText } from '../network/endpoint.js';
import { type ConnectOptions, connectCamera } from './connect-camera.js';

/**
 * Finds out whether anybody answers at a stream's address, without blocking: OpenCV opens streams on the calling
 * thread, and a host that is off would hold it for seconds. An RTSP server must also answer one request.
 * Throws AgentError as connectCamera().
 */
export async function reachEndpoint(address: string, options: ConnectOptions): Promise<void> {
  const socket = await connectCamera(options);
  try {
    if (/^rtsps?:/i.test(address)) await askOptions(socket, address, options);
  } finally {
    socket.destroy();
  }
}

/** Any answer will do, a refusal for want of credentials too: it shows that a server is alive there. */
async function askOptions(socket: Socket, address: string, options: ConnectOptions): Promise<void> {
  const { endpoint, description, timeoutMs, signal } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  const ended = new AbortController();
  socket.once('close', () => ended.abort());
  const { protocol, host, pathname } = new URL(address);
  socket.write(`OPTIONS ${protocol}//${host}${pathname} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
  try {
    await once(socket, 'data', { signal: AbortSignal.any([signal, limit, ended.signal]) });
  } catch {
    const at = endpointText(endpoint);
    const late = limit.aborted
      ? `${at} does not answer within ${timeoutMs} ms`
      : `${at} closed the connection`;
    const reason = signal.aborted ? 'it was closed meanwhile' : late;
    throw new AgentError('CAMERA_OPEN_FAILED', `${description} cannot be opened: ${reason}`);
  }
}
