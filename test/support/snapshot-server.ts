import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { encodedAsJpeg } from './mjpeg-server.js';
import { numberedPicture } from './numbered-picture.js';
import type { ServerLogin } from './server-login.js';

/** What a request is answered with instead of a picture. */
export interface OddAnswer {
  readonly status?: number;
  readonly type?: string;
  readonly body?: Buffer;
  /** Of the body, where that is not true. */
  readonly length?: number;
}

/** A camera that gives one picture a request, picture i with the number i. */
export class SnapshotServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #number = 0;
  #picture: Buffer | undefined;
  #now = 0;
  /** What it takes to make a picture. */
  delayMs = 0;
  /** The picture stays as it is. */
  frozen = false;
  /** Connections are closed behind each answer. */
  closes = false;
  login: ServerLogin | undefined;
  /** Headers that tell one picture from another; 304 is answered where a request has them. */
  validator: (number: number) => Record<string, string> = () => ({});
  odd: (request: number) => OddAnswer | undefined = () => undefined;
  /** When each request came, ms of performance.now(), and its headers. */
  readonly requests: { readonly at: number; readonly headers: IncomingMessage['headers'] }[] = [];
  connections = 0;
  /** Statuses as they were answered. */
  readonly answered: number[] = [];
  /** Most requests that were being answered at one time. */
  mostAtOnce = 0;
  /** Number of a picture → when it was made, ms since the Unix epoch. */
  readonly made = new Map<number, number>();

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('connection', (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/snapshot.jpg?quality=9`;
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const index = this.requests.push({ at: performance.now(), headers: request.headers }) - 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#now);
    response.on('close', () => {
      this.#now--;
      this.answered.push(response.statusCode);
    });
    if (this.closes) response.setHeader('connection', 'close');
    if (this.login?.admits(request, response) === false) return;
    const { status = 200, type = 'image/jpeg', body, length } = this.odd(index) ?? {};
    const picture = body ?? (await this.#make());
    const validator = this.validator(this.#number - 1);
    // What is still being made when the test is over holds nobody up.
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs).unref());
    const { 'if-none-match': tag, 'if-modified-since': since } = request.headers;
    const known = tag === undefined ? validator['last-modified'] : validator.etag;
    const isKnown = known !== undefined && (tag ?? since) === known;
    if (status === 200 && isKnown) {
      response.writeHead(304, validator).end();
      return;
    }
    response.writeHead(status, {
      'content-type': type,
      'content-length': length ?? picture.length,
      ...validator,
    });
    response.end(picture);
    if (length !== undefined) response.destroy();
  }

  async #make(): Promise<Buffer> {
    if (this.frozen && this.#picture !== undefined) return this.#picture;
    const number = this.#number++;
    const picture = numberedPicture(number);
    this.made.set(number, Date.now());
    this.#picture = await encodedAsJpeg(picture);
    picture.release();
    return this.#picture;
  }
}
