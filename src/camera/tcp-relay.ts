import { createServer, type Socket } from 'node:net';
import type { AgentError } from '../errors.js';
import { connectCamera } from './connect-camera.js';
import { LoopbackServer, type PassageOptions } from './passage.js';

/** What the kernel has at once of a stream, and more. */
const readBytes = 64 * 1024;

/** Looks at what crosses one connection. */
export interface RelayWatch {
  /** What the client says; it goes to the camera as it is. */
  sent(chunk: Buffer): void;
  /** Of what the camera says, what is handed on; with a refusal it is not listened to any more. */
  received(chunk: Buffer): { readonly pass: Buffer; readonly refusal?: AgentError };
}

/**
 * Between FFmpeg or GStreamer, on loopback, and a camera: the connection to the camera is judged and proved as
 * connectCamera() does it. Adds nothing: who logs in is the client.
 */
export class TcpRelay extends LoopbackServer {
  readonly #closing = new AbortController();
  #client: Socket | undefined;

  constructor(options: PassageOptions) {
    super(createServer({ pauseOnConnect: true, noDelay: true }), options);
    this.server.on('connection', (client: Socket) => void this.#join(client));
  }

  override end(): void {
    super.end();
    this.#closing.abort();
    this.#client?.destroy();
  }

  /** Of a new connection to the camera; `address` is its IP address, once there is something to watch. */
  protected watch(_address: () => string): RelayWatch {
    return { sent: () => {}, received: (pass) => ({ pass }) };
  }

  /** One client at a time: the newest, for one that is gone may not be missed yet. */
  async #join(client: Socket): Promise<void> {
    client.on('error', () => {});
    if (this.refuses(client)) {
      client.destroy();
      return;
    }
    this.#client?.destroy();
    this.#client = client;
    let camera: Socket | undefined;
    const watch = this.watch(() => camera?.remoteAddress ?? '');
    const receive = (chunk: Buffer): boolean => this.#received(client, watch.received(chunk));
    try {
      camera = await connectCamera({
        ...this.options,
        signal: this.#closing.signal,
        onread: {
          buffer: Buffer.alloc(readBytes),
          // A copy: what is written may still wait for the client when the buffer is filled again.
          callback: (bytes, buffer) => receive(Buffer.from(buffer.subarray(0, bytes))),
        },
      });
    } catch (error) {
      this.fail(error);
      client.destroy();
      return;
    }
    this.#couple(client, camera, { watch, receive });
  }

  #couple(
    client: Socket,
    camera: Socket,
    { watch, receive }: { watch: RelayWatch; receive: (chunk: Buffer) => boolean },
  ): void {
    camera.setNoDelay(true);
    camera.on('close', () => client.destroySoon());
    client.on('close', () => camera.destroy());
    if (client.destroyed) camera.destroy();
    // With TLS there is no buffer of our own.
    camera.on('data', (chunk: Buffer) => {
      if (!receive(chunk)) camera.pause();
    });
    client.on('drain', () => camera.resume());
    client.on('data', (chunk: Buffer) => {
      watch.sent(chunk);
      if (!camera.write(chunk)) client.pause();
    });
    camera.on('drain', () => client.resume());
    client.resume();
  }

  /** False where the client has to catch up first. */
  #received(client: Socket, { pass, refusal }: ReturnType<RelayWatch['received']>): boolean {
    const mayGoOn = pass.length === 0 || client.write(pass);
    if (refusal === undefined) return mayGoOn;
    this.fail(refusal);
    client.destroy();
    return false;
  }
}
