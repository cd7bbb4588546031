import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** CONNACK of MQTT 5 with a reason code and no properties. */
export function connack(reasonCode: number): Buffer {
  return Buffer.from([0x20, 0x03, 0x00, reasonCode, 0x00]);
}

/** DISCONNECT of MQTT 5 with a reason code. */
export function disconnect(reasonCode: number): Buffer {
  return Buffer.from([0xe0, 0x01, reasonCode]);
}

/** A TCP server that answers the first packet of each connection by a script and ignores all others. */
export class FakeBroker {
  connections = 0;
  readonly #answer: (connection: number, socket: Socket) => void;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  /** `answer` is called with the number of the connection, from 1, when its first bytes have come. */
  constructor(answer: (connection: number, socket: Socket) => void) {
    this.#answer = answer;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server?.address() as AddressInfo | undefined)?.port}`;
  }

  async start(): Promise<void> {
    this.#server = createServer((socket) => {
      this.connections += 1;
      const connection = this.connections;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      socket.once('data', () => this.#answer(connection, socket));
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const server = this.#server;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    await closed;
  }
}
