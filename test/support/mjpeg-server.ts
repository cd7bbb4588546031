import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { loadOpencv, type Mat, nativeCall } from '../../src/camera/opencv.js';
import { numberedPicture } from './numbered-picture.js';
import type { ServerLogin } from './server-login.js';

export interface MjpegServerOptions {
  /** Pictures a second; 25 by default. */
  readonly fps?: number;
  readonly port?: number;
  /** Off for cameras that leave it out. */
  readonly contentLength?: boolean;
  /** Demanded by Basic authentication: user:password. */
  readonly credentials?: string;
  /** Demanded in its own way. */
  readonly login?: ServerLogin;
}

/** What stands between two boundaries. */
export interface MjpegPart {
  readonly body: Buffer;
  /** image/jpeg by default. */
  readonly contentType?: string;
  /** What it says its length is, where that is not so. */
  readonly contentLength?: number;
}

/** A camera over HTTP whose picture i carries the number i, with the faults that real ones show. */
export class MjpegServer {
  readonly #options: MjpegServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #streams = new Set<ServerResponse>();
  #timer: NodeJS.Timeout | undefined;
  #number = 0;
  #sent = 0;
  /** Sends nothing any more, connections stay open. */
  stalled = false;
  /** Sends parts that are no JPEG. */
  garbage = false;
  /** Gives what is sent instead of numbered pictures, where it gives something. */
  next: () => MjpegPart | undefined = () => undefined;

  constructor(options: MjpegServerOptions = {}) {
    this.#options = options;
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/stream`;
  }

  /** Parts sent since it was made. */
  get sent(): number {
    return this.#sent;
  }

  async start(): Promise<this> {
    // Takes 150 ms, in which a test that measures gaps would hear nothing.
    loadOpencv();
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port ?? 0, '127.0.0.1', resolve);
    });
    // One after the other: pictures are encoded in threads, of which a later one may be faster.
    let sending = Promise.resolve();
    const send = (): void => {
      sending = sending.then(() => this.#send());
    };
    this.#timer = setInterval(send, 1000 / (this.#options.fps ?? 25));
    return this;
  }

  /** Dies: nobody listens any more, and every connection is reset. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /** Ends every stream; new ones are welcome. */
  endStreams(): void {
    for (const stream of this.#streams) stream.end();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { credentials, login } = this.#options;
    if (login?.admits(request, response) === false) return;
    if (credentials !== undefined) {
      const expected = `Basic ${Buffer.from(credentials).toString('base64')}`;
      if (request.headers.authorization !== expected) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end();
        return;
      }
    }
    if (request.url === '/moved') response.writeHead(302, { location: '/stream' }).end();
    else if (request.url === '/page')
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>no camera</p>');
    else if (request.url !== '/stream') response.writeHead(404).end();
    else {
      response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
      this.#streams.add(response);
      response.on('close', () => this.#streams.delete(response));
    }
  }

  async #send(): Promise<void> {
    if (this.stalled || this.#streams.size === 0) return;
    const part = this.next() ?? (await this.#numbered());
    const { body, contentType = 'image/jpeg', contentLength = body.length } = part;
    this.#sent++;
    const length = this.#options.contentLength === false ? '' : `Content-Length: ${contentLength}\r\n`;
    const head = `--frame\r\nContent-Type: ${contentType}\r\n${length}\r\n`;
    for (const stream of this.#streams)
      stream.write(Buffer.concat([Buffer.from(head), body, Buffer.from('\r\n')]));
  }

  async #numbered(): Promise<MjpegPart> {
    const picture = numberedPicture(this.#number++);
    const body = this.garbage ? Buffer.from('this is no picture') : await encodedAsJpeg(picture);
    picture.release();
    return { body };
  }
}

export function encodedAsJpeg(picture: Mat): Promise<Buffer> {
  return nativeCall<Buffer>((done) => loadOpencv().imencodeAsync('.jpg', picture, done));
}
