import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';

export interface RawStream {
  /** Status line and headers, with the empty line behind them. */
  readonly head: string;
  /** Sent one after the other; each as it is. */
  readonly chunks: readonly Uint8Array[];
  /** From one chunk to the next. */
  readonly intervalMs: number;
}

/** A camera over HTTP that writes its answer byte for byte as it is told, whatever it is asked, and then says no more. */
export class RawHttpCamera {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections so far. */
  connections = 0;
  /** Chunks sent so far, over all connections. */
  sent = 0;

  constructor({ head, chunks, intervalMs }: RawStream) {
    this.#server = createServer((socket) => {
      this.connections++;
      this.#sockets.add(socket);
      let timer: NodeJS.Timeout | undefined;
      const send = (index: number): void => {
        const chunk = chunks[index];
        if (chunk === undefined) return;
        socket.write(chunk);
        this.sent++;
        timer = setTimeout(() => send(index + 1), intervalMs);
      };
      socket.once('data', () => {
        socket.write(head, 'latin1');
        send(0);
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        clearTimeout(timer);
        this.#sockets.delete(socket);
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/video`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
