import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers one path after the other as a test wants it, and remembers what was asked. */
export interface HttpFileServer {
  readonly url: string;
  /** `GET /path` or `GET /path bytes=…`, in order. */
  readonly log: string[];
  /** Handlers of a path, one for each request; the last goes on for ever. A path without any answers 404. */
  on(path: string, ...handlers: Handler[]): void;
  close(): Promise<void>;
}

export async function startHttpFileServer(): Promise<HttpFileServer> {
  const handlers = new Map<string, Handler[]>();
  const log: string[] = [];
  const server: Server = createServer((request, response) => {
    const { range } = request.headers;
    log.push(`GET ${request.url}${range === undefined ? '' : ` ${range}`}`);
    const queue = handlers.get(request.url ?? '') ?? [status(404)];
    (queue.length > 1 ? queue.shift() : queue[0])?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    on: (path, ...added) => handlers.set(path, added),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The whole body, or the part of it that a Range header asks for. */
export function whole(body: Buffer): Handler {
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (start === 0) {
      response.writeHead(200, { 'content-length': body.length }).end(body);
    } else if (start >= body.length) {
      response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
    } else {
      const range = `bytes ${start}-${body.length - 1}/${body.length}`;
      response.writeHead(206, { 'content-length': body.length - start, 'content-range': range });
      response.end(body.subarray(start));
    }
  };
}

/** The whole body, whatever part was asked for. */
export function withoutRanges(body: Buffer): Handler {
  return (_, response) => response.writeHead(200, { 'content-length': body.length }).end(body);
}

/** Promises the rest of the body, sends `count` bytes of it and cuts the connection. */
export function cut(body: Buffer, count: number): Handler {
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = { 'content-length': body.length - start };
    const range = { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` };
    response.writeHead(start === 0 ? 200 : 206, start === 0 ? headers : { ...headers, ...range });
    // Destroyed once the bytes are with the kernel: after the callback of the write.
    response.write(body.subarray(start, start + count), () => setTimeout(() => response.destroy(), 20));
  };
}

/** Sends `count` bytes and then nothing more, on a connection that stays open. */
export function stall(body: Buffer, count: number): Handler {
  return (_, response) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, count));
  };
}

/** Never stops sending; `onClosed` hears how much went out once the client has had enough. */
export function endless(onClosed: (sent: number) => void): Handler {
  return (_, response) => {
    const piece = Buffer.alloc(64 * 1024, 7);
    let sent = 0;
    const more = () => {
      while (!response.destroyed) {
        sent += piece.length;
        if (!response.write(piece)) {
          response.once('drain', more);
          return;
        }
      }
    };
    response.on('close', () => onClosed(sent));
    response.writeHead(200);
    more();
  };
}

/** Sends a byte now and then: never silent, never done. */
export function drip(body: Buffer, everyMs: number): Handler {
  return (_, response) => {
    response.writeHead(200, { 'content-length': body.length });
    let sent = 0;
    const timer = setInterval(() => response.write(body.subarray(sent, ++sent)), everyMs);
    response.on('close', () => clearInterval(timer));
  };
}

export function status(code: number): Handler {
  return (_, response) => response.writeHead(code).end();
}

export function redirect(to: string): Handler {
  return (_, response) => response.writeHead(302, { location: to }).end();
}
