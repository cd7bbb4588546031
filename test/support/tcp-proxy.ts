import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const tickMs = 50;

/** A link that misbehaves: between a client and a server on loopback, its client-to-server way can be slowed. */
export class TcpProxy {
  readonly #targetPort: number;
  readonly #pairs = new Set<{ client: Socket; server: Socket }>();
  #listener: Server | undefined;
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  #parted = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
  }

  get port(): number {
    const address = this.#listener?.address() as AddressInfo | undefined;
    if (address === undefined) throw new Error('the proxy has no port before start()');
    return address.port;
  }

  async start(): Promise<void> {
    this.#listener = createServer({ pauseOnConnect: true }, (client) => this.#join(client));
    this.#listener.listen(0, '127.0.0.1');
    await once(this.#listener, 'listening');
    this.#timer = setInterval(() => {
      for (const pair of this.#pairs) this.#forward(pair, (this.#bytesPerSecond * tickMs) / 1000);
    }, tickMs);
  }

  /** From now on at most so many bytes a second flow to the server; 0 stalls, Infinity lifts it. Answers always pass. */
  throttle(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** From now on nothing passes either way, not even the end of a connection: each side holds it for open. */
  part(): void {
    this.#parted = true;
  }

  /** New connections pass again; those of before are lost for good. */
  heal(): void {
    this.reset();
    this.#parted = false;
  }

  /** Ends every connection with a reset. */
  reset(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.reset();
    const listener = this.#listener;
    if (listener === undefined) return;
    const closed = once(listener, 'close');
    listener.close();
    await closed;
  }

  #join(client: Socket): void {
    const server = connect(this.#targetPort, '127.0.0.1');
    const pair = { client, server };
    this.#pairs.add(pair);
    server.setNoDelay(true);
    client.setNoDelay(true);
    server.on('data', (chunk) => {
      if (!this.#parted) client.write(chunk);
    });
    client.on('readable', () => {
      if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) this.#forward(pair, this.#bytesPerSecond);
    });
    const end = (): void => {
      if (this.#parted) return;
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
    client.on('end', () => {
      if (!this.#parted) server.end();
    });
    server.on('end', () => {
      if (!this.#parted) client.end();
    });
  }

  #forward({ client, server }: { client: Socket; server: Socket }, budget: number): void {
    if (this.#parted) return;
    let left = Math.floor(budget);
    while (left > 0 && client.readableLength > 0) {
      const chunk = client.read(Math.min(left, client.readableLength)) as Buffer | null;
      if (chunk === null) return;
      left -= chunk.length;
      server.write(chunk);
    }
  }
}
