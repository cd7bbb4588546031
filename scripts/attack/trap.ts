import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { CertificateFiles } from '../../test/support/test-certificates.js';

/** What a trap answers to a request; `undefined` for nothing at all. */
export type Answer = (request: string) => string | undefined;

export interface TrapOptions {
  address: string;
  port?: number;
  answer: Answer;
  /** Speaks TLS with this certificate. */
  certificate?: CertificateFiles;
}

/** A server that remembers who came and what was said, and answers requests of HTTP and RTSP alike. */
export class Trap {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #requests: string[] = [];
  readonly #options: TrapOptions;
  #connections = 0;

  constructor(options: TrapOptions) {
    this.#options = options;
    const { certificate } = options;
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#server =
      certificate === undefined
        ? createTcpServer(accept)
        : createTlsServer(
            { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) },
            accept,
          );
    // Those too who see the certificate and go away again.
    this.#server.on('connection', () => {
      this.#connections++;
    });
    // Somebody who does not trust the certificate goes away again: that is no error of the trap.
    this.#server.on('tlsClientError', () => {});
  }

  async start(): Promise<this> {
    this.#server.listen(this.#options.port ?? 0, this.#options.address);
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#connections;
  }

  /** What stood in Authorization headers, decoded where it is Basic. */
  get credentials(): string[] {
    return this.#requests.flatMap((request) => {
      const header = /^authorization:\s*(.*)$/im.exec(request)?.[1]?.trim();
      if (header === undefined) return [];
      const basic = /^basic (.*)$/i.exec(header)?.[1];
      return [basic === undefined ? header : Buffer.from(basic, 'base64').toString()];
    });
  }

  get requests(): readonly string[] {
    return this.#requests;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    let text = '';
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const request = text.slice(0, end);
        text = text.slice(end + 4);
        this.#requests.push(request);
        const answer = this.#options.answer(request);
        if (answer !== undefined) socket.write(answer);
      }
    });
  }
}

/** Demands a log-in by Basic of whoever asks, over HTTP and RTSP. */
export function demandLogin(request: string): string {
  return reply(request, '401 Unauthorized', ['WWW-Authenticate: Basic realm="camera"']);
}

/** The same by Digest, of the weakest kind. */
export function demandDigest(request: string): string {
  return reply(request, '401 Unauthorized', ['WWW-Authenticate: Digest realm="camera", nonce="n0nce"']);
}

/** Sends whoever asks to another address. */
export function redirectTo(address: string): Answer {
  return (request) => reply(request, '302 Found', [`Location: ${address}`]);
}

function reply(request: string, status: string, headers: readonly string[]): string {
  const protocol = /\b(RTSP|HTTP)\/\d\.\d/.exec(request)?.[0] ?? 'HTTP/1.1';
  const sequence = /^cseq:.*$/im.exec(request)?.[0];
  const lines = [`${protocol} ${status}`, ...headers, 'Content-Length: 0'];
  if (sequence !== undefined) lines.push(sequence.trim());
  return `${lines.join('\r\n')}\r\n\r\n`;
}
