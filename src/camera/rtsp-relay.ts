import { createServer, type Socket } from 'node:net';
import { AgentError } from '../errors.js';
import { endpointOf, isSameEndpoint } from '../network/endpoint.js';
import { connectCamera } from './connect-camera.js';
import { LoopbackServer, type PassageOptions } from './passage.js';
import { redactSource } from './redact-source.js';
import { RtspWatch, type Watched } from './rtsp-watch.js';

/** A camera that redirects to itself again and again would hold whoever follows it for ever. */
const maxRedirects = 5;
/** What the kernel has at once of a stream, and more. */
const readBytes = 64 * 1024;

/**
 * Between FFmpeg or GStreamer, on loopback, and an RTSP camera: the connection to the camera is judged and proved as
 * connectCamera() does it, and its redirects are not followed. Adds nothing: who logs in is the client.
 */
export class RtspRelay extends LoopbackServer {
  readonly #closing = new AbortController();
  #client: Socket | undefined;
  #redirects = 0;

  constructor(options: PassageOptions) {
    super(createServer({ pauseOnConnect: true, noDelay: true }), options);
    this.server.on('connection', (client: Socket) => void this.#join(client));
  }

  override end(): void {
    super.end();
    this.#closing.abort();
    this.#client?.destroy();
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
    const watch = new RtspWatch((location) => this.#redirected(location));
    const receive = (chunk: Buffer): boolean => this.#received(client, watch.received(chunk));
    let camera: Socket;
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
  #received(client: Socket, { pass, refusal }: Watched): boolean {
    const mayGoOn = pass.length === 0 || client.write(pass);
    if (refusal === undefined) return mayGoOn;
    this.fail(
      refusal.kind === 'malformed'
        ? this.#error('CAMERA_OPEN_FAILED', `it answers what is not RTSP (${refusal.reason})`)
        : this.#error('CAMERA_REDIRECTED', `it ${this.#redirectText(refusal.location)}`),
    );
    client.destroy();
    return false;
  }

  /** A camera may send its client elsewhere on itself, and by no other way than this one. */
  #redirected(location: string): string | undefined {
    const target = endpointOf(location);
    if (target === undefined || !isSameEndpoint(target, this.options.endpoint)) return undefined;
    if (++this.#redirects > maxRedirects) return undefined;
    const { pathname, search } = new URL(location);
    return `rtsp://127.0.0.1:${this.port}${pathname}${search}`;
  }

  /** A remote document learns nothing of what answers. */
  #redirectText(location: string | undefined): string {
    const told = !this.options.policy.remote && location !== undefined && endpointOf(location) !== undefined;
    const where = told ? redactSource(location) : 'another address';
    return `redirects to ${where}, which is not followed: configure that address`;
  }

  #error(code: AgentError['code'], reason: string): AgentError {
    return new AgentError(code, `${this.options.description} cannot be opened: ${reason}`);
  }
}
