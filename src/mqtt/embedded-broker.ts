import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Aedes } from 'aedes';
import { AgentError } from '../errors.js';
import { brokerRules } from './broker-rules.js';
import { type ClientLimits, GuardedStream } from './guarded-stream.js';
import { streamPair } from './stream-pair.js';
import { TokenBucket } from './token-bucket.js';
import type { DeviceTopics } from './topics.js';

const host = '127.0.0.1';
/** Of everybody but the agent, those included that have not said who they are. */
const maxConnections = 64;
const connectionsPerSecond = 20;
const connectTimeoutMs = 5000;
/** A subscriber whose socket is full is disconnected after so long. */
const slowSubscriberMs = 5000;
/** Read of a socket ahead of what is looked at; the rest waits in the kernel. */
const socketBytes = 4096;
/** Of MQTT's 65,536: what is nested deeper is no topic of ours. */
const maxTopicLevels = 16;
/** Messages of QoS 2 that a client has begun. */
const maxUnfinished = 16;
/** Packets that may come before the library has noticed that it has sent its CONNACK: all that the agent announces. */
const maxEarlyPackets = 2000;

/** The largest packet of anybody: a document that is refused as too large gets here all the same. */
const maxPacketBytes = 256 * 1024;
/** Before it is known who a client is. A CONNECT is small. */
const strangerLimits: ClientLimits = { packetBytes: 8192, packetsPerSecond: 20, burst: 20 };

export interface EmbeddedBrokerOptions {
  /** 0 takes any that is free; default 1883. */
  readonly port?: number;
  readonly topics: DeviceTopics;
  /** With which `owner` may publish; nobody may where there is none. */
  readonly ownerPassword?: string | undefined;
  /** Told what was refused to whom, at most once a minute of a kind. */
  readonly onNotice?: (text: string) => void;
}

/**
 * A small MQTT 3.1.1 broker inside the agent for machines without one. Loopback only: everybody on the machine may
 * read poses there, and publish nothing without the owner's password. Whatever clients do costs little: their packets,
 * subscriptions, number and memory are bounded, and the agent itself is connected without a socket.
 */
export class EmbeddedBroker {
  readonly #options: EmbeddedBrokerOptions;
  readonly #connections = new Set<GuardedStream>();
  readonly #rate = new TokenBucket(connectionsPerSecond, 2 * connectionsPerSecond);
  #timer: NodeJS.Timeout | undefined;
  #server: Server | undefined;
  #broker: Aedes | undefined;

  constructor(options: EmbeddedBrokerOptions) {
    this.#options = options;
  }

  /** Where it listens, `mqtt://127.0.0.1:port`. Throws before start(). */
  get url(): string {
    const address = this.#server?.address();
    if (address === undefined || address === null || typeof address === 'string') {
      throw new Error('embedded broker: it has no URL before start() and after stop()');
    }
    return `mqtt://${host}:${address.port}`;
  }

  /** A connection of the agent's own, which no other program can be at the end of. */
  connect(): Duplex {
    const [ours, theirs] = streamPair();
    if (this.#broker === undefined) ours.destroy(new Error('the embedded broker is not running'));
    else this.#broker.handle(theirs);
    return ours;
  }

  /** Throws AgentError MQTT_PORT_IN_USE. */
  async start(): Promise<void> {
    // Loaded only here: agents with a broker of their own never need it.
    const { Aedes } = await import('aedes');
    const { port = 1883, topics, ownerPassword, onNotice } = this.#options;
    const broker = await Aedes.createBroker({
      connectTimeout: connectTimeoutMs,
      drainTimeout: slowSubscriberMs,
      maxTopicLevels,
      maxInflightInbound: maxUnfinished,
      queueLimit: maxEarlyPackets,
      ...brokerRules({ topics, ownerPassword, onNotice, connections: this.#connections }),
    });
    const server = createServer({ noDelay: true, highWaterMark: socketBytes }, (socket) =>
      this.#admit(socket, { server, broker }),
    );
    try {
      await listen(server, port);
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
    clearTimeout(this.#timer);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of this.#connections) connection.destroy();
    if (broker !== undefined) await new Promise<void>((resolve) => broker.close(() => resolve()));
    await closed;
  }

  #admit(socket: Socket, { server, broker }: { server: Server; broker: Aedes }): void {
    socket.on('error', () => socket.destroy());
    this.#rate.spend(1);
    if (!this.#rate.isOpen) this.#dropAll(server);
    if (!this.#makeRoom()) {
      socket.destroy();
      return;
    }
    const connection = new GuardedStream(socket, strangerLimits, maxPacketBytes);
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    connection.on('error', () => {});
    broker.handle(connection);
  }

  /** Connections are dropped for a moment, before anything is made of them: in a flood that is most of the cost. */
  #dropAll(server: Server): void {
    server.maxConnections = 1;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      server.maxConnections = Number.MAX_SAFE_INTEGER;
    }, this.#rate.waitMs);
  }

  /** Whoever has said nothing yet goes first: who holds connections open keeps nobody else out. */
  #makeRoom(): boolean {
    if (this.#connections.size < maxConnections) return true;
    for (const connection of this.#connections) {
      if (connection.role !== undefined) continue;
      this.#connections.delete(connection);
      connection.destroy();
      return true;
    }
    return false;
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
