import { createServer, type Server, type Socket } from 'node:net';
import type { Aedes } from 'aedes';
import { AgentError } from '../errors.js';

const host = '127.0.0.1';
/**
 * A subscriber with more unsent than this gets no QoS 0 messages until it catches up. Far below the mark at which
 * its socket reports to be full, since the broker library would then make everybody wait for it.
 */
const maxUnsentBytes = 256 * 1024;
const socketBufferBytes = 4 * maxUnsentBytes;
/** A subscriber whose socket is full all the same is disconnected after so long. */
const slowSubscriberMs = 5000;

/** A small MQTT 3.1.1 broker inside the agent for machines without one. Loopback only, no accounts. */
export class EmbeddedBroker {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #broker: Aedes | undefined;

  /** Port 0 takes any that is free. */
  constructor({ port = 1883 }: { port?: number } = {}) {
    this.#port = port;
  }

  /** Where it listens, `mqtt://127.0.0.1:port`. Throws before start(). */
  get url(): string {
    const address = this.#server?.address();
    if (address === undefined || address === null || typeof address === 'string') {
      throw new Error('embedded broker: it has no URL before start() and after stop()');
    }
    return `mqtt://${host}:${address.port}`;
  }

  /** Throws AgentError MQTT_PORT_IN_USE. */
  async start(): Promise<void> {
    // Loaded only here: agents with a broker of their own never need it.
    const { Aedes } = await import('aedes');
    const broker = await Aedes.createBroker({
      drainTimeout: slowSubscriberMs,
      authorizeForward: ({ conn }, packet) =>
        packet.qos === 0 && conn.writableLength > maxUnsentBytes ? null : packet,
    });
    const server = createServer({ noDelay: true, highWaterMark: socketBufferBytes }, (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      broker.handle(socket);
    });
    try {
      await listen(server, this.#port);
    } catch (error) {
      broker.close();
      throw error;
    }
    this.#server = server;
    this.#broker = broker;
  }

  /** Disconnects everybody. Harmless when called again. */
  async stop(): Promise<void> {
    const server = this.#server;
    const broker = this.#broker;
    this.#server = undefined;
    this.#broker = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    if (broker !== undefined) await new Promise<void>((resolve) => broker.close(() => resolve()));
    await closed;
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message;
      reject(
        new AgentError('MQTT_PORT_IN_USE', `embedded broker on ${host}:${port}: ${reason}`, { cause: error }),
      );
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}
