/** Serves one scripted camera on a free loopback port. Run by startThread(). */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type HttpScript, serveHttp } from './http-camera.js';
import { type RtspScript, serveRtsp } from './rtsp-camera.js';

export type CameraScript =
  | RtspScript
  | HttpScript
  /** Takes every connection, and says nothing. */
  | { readonly kind: 'silent' }
  /** Listens, and takes no connection out of its queue. */
  | { readonly kind: 'frozen' };

function createCamera(script: CameraScript): Server {
  switch (script.kind) {
    case 'rtsp':
      return serveRtsp(script);
    case 'http':
      return serveHttp(script);
    default:
      return createServer((socket) => socket.on('error', () => {}).resume());
  }
}

function serve(script: CameraScript, main: MessagePort): void {
  const server = createCamera(script);
  server.on('connection', () => main.postMessage('client'));
  // The shortest queue of connections that there is: a frozen camera's must be full soon.
  server.listen({ port: 0, host: '127.0.0.1', backlog: script.kind === 'frozen' ? 1 : 16 }, () => {
    main.postMessage((server.address() as AddressInfo).port);
    // For ever, until the thread is ended: its event loop never gets to accept anybody.
    if (script.kind === 'frozen') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
}

if (parentPort !== null) serve(workerData as CameraScript, parentPort);
