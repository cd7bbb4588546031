import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ConnectOptions, connectCamera } from './connect-camera.js';
import { yieldTurns } from './yield-turns.js';

export interface CameraAgentOptions extends ConnectOptions {
  /** A connection is kept for the next request. */
  readonly keep: boolean;
}

/** One connection at a time to one endpoint of a camera, made by connectCamera(). */
export class CameraAgent extends Agent {
  readonly #to: ConnectOptions;

  constructor({ keep, ...to }: CameraAgentOptions) {
    // Without a limit Node knows that no connection will be used again, and says so.
    super(keep ? { keepAlive: true, maxSockets: 1 } : {});
    this.#to = to;
  }

  override createConnection(
    _: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    // Whoever gets an error looks at no stream.
    const failed = (error: Error): void => callback?.(error, undefined as unknown as Duplex);
    connectCamera(this.#to).then((socket) => {
      yieldTurns(socket);
      callback?.(null, socket);
    }, failed);
  }
}
