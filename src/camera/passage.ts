import type { AddressInfo, Server, Socket } from 'node:net';
import { AgentError } from '../errors.js';
import type { Endpoint } from '../network/endpoint.js';
import type { SourcePolicy } from '../network/source-policy.js';
import { isStranger } from './peer-user.js';
import type { RtspTransport } from './rtsp-transport.js';

/** What a guarded way to a camera has to know. It crosses into the thread where the way is. */
export interface PassageOptions {
  readonly endpoint: Endpoint;
  readonly policy: SourcePolicy;
  /** For messages: no credentials in it. */
  readonly description: string;
  readonly timeoutMs: number;
  /** By which an RTSP camera may send; TCP alone where left out. */
  readonly transports?: readonly RtspTransport[] | undefined;
}

/** An RTSP server, an HTTP proxy, or an RTMP server. */
export type PassageKind = 'rtsp' | 'http' | 'rtmp';

/** A server on loopback through which one camera is reached, and why that failed last. */
export abstract class LoopbackServer {
  readonly server: Server;
  protected readonly options: PassageOptions;
  #failure: AgentError | undefined;
  #ended = false;

  protected constructor(server: Server, options: PassageOptions) {
    this.server = server;
    this.options = options;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Why the camera could not be reached, or was left; undefined where nothing is known. */
  get failure(): AgentError | undefined {
    return this.#failure;
  }

  /** Resolves to the port. Rejects with the error of the system. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', () => resolve(this.port));
    });
  }

  /** Serves nobody any more, and keeps the port from others: see Passage. */
  end(): void {
    this.#ended = true;
  }

  close(): void {
    this.end();
    this.server.close();
  }

  /** True for whoever is not to be served. */
  protected refuses(client: Socket): boolean {
    return this.#ended || isStranger(client);
  }

  /** Remembers the first failure: what follows is its consequence. */
  protected fail(error: unknown): void {
    const { description } = this.options;
    this.#failure ??=
      error instanceof AgentError
        ? error
        : new AgentError('CAMERA_OPEN_FAILED', `${description} cannot be opened: ${String(error)}`);
  }
}
