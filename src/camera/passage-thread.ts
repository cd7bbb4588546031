import { type MessagePort, parentPort } from 'node:worker_threads';
import type { AgentError } from '../errors.js';
import { HttpGuard } from './http-guard.js';
import type { LoopbackServer, PassageKind, PassageOptions } from './passage.js';
import { RtspRelay } from './rtsp-relay.js';
import { TcpRelay } from './tcp-relay.js';

/** What is asked of the thread; `open` and `failure` are answered, under the id of the request. */
export type PassageRequest =
  | { type: 'open'; id: number; kind: PassageKind; options: PassageOptions }
  | { type: 'failure'; id: number; port: number }
  | { type: 'end' | 'close'; port: number };

export type PassageAnswer =
  | { id: number; port: number }
  | { id: number; failure: Pick<AgentError, 'code' | 'message'> | undefined }
  | { id: number; error: string };

const servers = { rtsp: RtspRelay, http: HttpGuard, rtmp: TcpRelay };

/**
 * The thread of the guarded ways to cameras. OpenCV's open() holds the worker's own thread until the camera has given a
 * picture, which comes through here.
 */
function serve(main: MessagePort): void {
  const open = new Map<number, LoopbackServer>();
  const say = (answer: PassageAnswer): void => main.postMessage(answer);
  main.on('message', (request: PassageRequest) => {
    if (request.type === 'open') {
      const { id, kind, options } = request;
      const server = new servers[kind](options);
      server.listen().then(
        (port) => {
          open.set(port, server);
          say({ id, port });
        },
        (error: Error) => say({ id, error: error.message }),
      );
    } else if (request.type === 'failure') {
      const { id, port } = request;
      const failure = open.get(port)?.failure;
      say({ id, failure: failure && { code: failure.code, message: failure.message } });
    } else if (request.type === 'end') {
      open.get(request.port)?.end();
    } else {
      open.get(request.port)?.close();
      open.delete(request.port);
    }
  });
}

if (parentPort !== null) serve(parentPort);
