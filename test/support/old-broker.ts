import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What brokers of MQTT 3.1.1 answer a CONNECT of MQTT 5 with; most close then. */
export const refusals = {
  'return code 1': Buffer.from([0x20, 0x02, 0x00, 0x01]),
  'reason code 0x84': Buffer.from([0x20, 0x03, 0x00, 0x84, 0x00]),
  nothing: Buffer.alloc(0),
  'a reset': undefined,
  'silence, on an open connection': null,
} as const;

/** A broker in front of another that speaks MQTT 3.1.1 and nothing newer. */
export class OldBroker {
  readonly #port: number;
  readonly #refusal: keyof typeof refusals;
  readonly #sockets = new Set<Socket>();
  #left: number;
  #server: Server | undefined;

  /** `port` is that of the broker behind it; after so many refusals it speaks 5 as that one does. */
  constructor(port: number, refusal: keyof typeof refusals, { times = Number.POSITIVE_INFINITY } = {}) {
    this.#port = port;
    this.#refusal = refusal;
    this.#left = times;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server?.address() as AddressInfo | undefined)?.port}`;
  }

  async start(): Promise<void> {
    this.#server = createServer((socket) => {
      this.#keep(socket);
      socket.once('data', (first) => this.#begin(socket, first));
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Ends every connection. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.hangUp();
    const server = this.#server;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    await closed;
  }

  #begin(socket: Socket, first: Buffer): void {
    // Behind the name of the protocol.
    if (first[first.indexOf('MQTT') + 4] !== 5 || this.#left-- <= 0) {
      const behind = connect(this.#port, '127.0.0.1');
      this.#keep(behind);
      behind.write(first);
      socket.pipe(behind).pipe(socket);
      return;
    }
    const answer = refusals[this.#refusal];
    if (answer === null) return;
    if (answer === undefined) socket.resetAndDestroy();
    else socket.end(answer);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
