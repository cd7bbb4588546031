import { connect, type Socket } from 'node:net';
import { AgentError } from '../errors.js';
import { redactSource } from './redact-source.js';

const defaultPorts: Readonly<Record<string, number>> = {
  'rtsp:': 554,
  'rtsps:': 322,
  'http:': 80,
  'https:': 443,
};

/**
 * Finds out whether anybody answers at a stream's address, without blocking: OpenCV opens streams on the calling
 * thread, and a host that is off would hold it for seconds. A plain RTSP server must also answer one request.
 * Throws AgentError CAMERA_OPEN_FAILED.
 */
export async function reachEndpoint(address: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? (defaultPorts[url.protocol] ?? 80) : Number(url.port);
  const fail = (reason: string): AgentError =>
    new AgentError('CAMERA_OPEN_FAILED', `${redactSource(address)} cannot be opened: ${reason}`);
  const socket = connect({ host, port });
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(fail('it was closed meanwhile')), { once: true });
      socket.setTimeout(timeoutMs, () =>
        reject(fail(`${host}:${port} does not answer within ${timeoutMs} ms`)),
      );
      socket.once('error', (error: NodeJS.ErrnoException) => reject(fail(connectReason(error, host, port))));
      socket.once('close', () => reject(fail(`${host}:${port} closed the connection`)));
      socket.once('connect', () => {
        if (url.protocol === 'rtsp:') askOptions(socket, url, resolve);
        else resolve();
      });
    });
  } finally {
    socket.destroy();
  }
}

/** Any answer will do, a refusal for want of credentials too: it shows that a server is alive there. */
function askOptions(socket: Socket, url: URL, answered: () => void): void {
  socket.once('data', answered);
  socket.write(`OPTIONS rtsp://${url.host}${url.pathname} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
}

function connectReason(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return `nothing listens on ${host}:${port} (connection refused)`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${host} cannot be resolved`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return `${host} is not reachable (${error.code})`;
    default:
      return `connecting to ${host}:${port} failed (${error.code ?? 'no code'})`;
  }
}
