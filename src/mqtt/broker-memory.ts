import { Readable } from 'node:stream';
import type { AedesPublishPacket } from 'aedes';
import { topicMatches } from './topics.js';

interface ClientName {
  readonly id: string;
}

/** Retained messages beside the agent's own, and their bytes, topics included. */
const maxRetained = 128;
const maxRetainedBytes = 512 * 1024;

export interface BrokerMemoryOptions {
  /** Whether the agent itself publishes on a topic: those are few, and always kept. */
  readonly isOwn: (topic: string) => boolean;
  /** A message was delivered and not kept. */
  readonly onFull: (topic: string) => void;
}

/**
 * What the broker inside the agent remembers: retained messages, so many, and the wills and unfinished messages of
 * those who are connected. Sessions end with their connections: for a client that is away nothing is kept. Takes the
 * place of the broker library's own memory, which has no bounds.
 */
export class BrokerMemory {
  readonly #options: BrokerMemoryOptions;
  readonly #retained = new Map<string, AedesPublishPacket>();
  /** Of QoS 2, by client and packet id. */
  readonly #incoming = new Map<string, Map<unknown, AedesPublishPacket>>();
  #others = 0;
  #otherBytes = 0;

  constructor(options: BrokerMemoryOptions) {
    this.#options = options;
  }

  async setup(): Promise<void> {}

  async storeRetained(packet: AedesPublishPacket): Promise<void> {
    const { topic } = packet;
    const old = this.#retained.get(topic);
    if (old !== undefined) {
      this.#retained.delete(topic);
      this.#count(old, -1);
    }
    if (packet.payload.length === 0) return;
    const kept = { ...packet };
    this.#count(kept, 1);
    if (this.#others > maxRetained || this.#otherBytes > maxRetainedBytes) {
      this.#count(kept, -1);
      this.#options.onFull(topic);
      return;
    }
    this.#retained.set(topic, kept);
  }

  /** Each once, whatever overlaps. */
  createRetainedStreamCombi(filters: readonly string[]): Readable {
    const matching = [...this.#retained.values()].filter(({ topic }) =>
      filters.some((filter) => topicMatches(filter, topic)),
    );
    return Readable.from(matching);
  }

  createRetainedStream(filter: string): Readable {
    return this.createRetainedStreamCombi([filter]);
  }

  async addSubscriptions(): Promise<void> {}
  async removeSubscriptions(): Promise<void> {}
  async cleanSubscriptions(): Promise<void> {}

  async subscriptionsByClient(): Promise<[]> {
    return [];
  }

  async subscriptionsByTopic(): Promise<[]> {
    return [];
  }

  async countOffline(): Promise<{ subsCount: number; clientsCount: number }> {
    return { subsCount: 0, clientsCount: 0 };
  }

  async outgoingEnqueue(): Promise<void> {}
  async outgoingEnqueueCombi(): Promise<void> {}
  async outgoingUpdate(): Promise<void> {}
  async outgoingClearMessageId(): Promise<void> {}

  outgoingStream(): Readable {
    return Readable.from([]);
  }

  async incomingStorePacket({ id }: ClientName, packet: AedesPublishPacket): Promise<void> {
    const packets = this.#incoming.get(id) ?? new Map<unknown, AedesPublishPacket>();
    this.#incoming.set(id, packets);
    packets.set(packet.messageId, packet);
  }

  async incomingGetPacket(
    { id }: ClientName,
    { messageId }: { messageId: unknown },
  ): Promise<AedesPublishPacket> {
    const packet = this.#incoming.get(id)?.get(messageId);
    if (packet === undefined) throw new Error('no such packet');
    return packet;
  }

  async incomingDelPacket({ id }: ClientName, { messageId }: { messageId: unknown }): Promise<void> {
    this.#incoming.get(id)?.delete(messageId);
  }

  async cleanIncoming({ id }: ClientName): Promise<void> {
    this.#incoming.delete(id);
  }

  /** The library itself publishes the wills of those who are connected. */
  async putWill(): Promise<void> {}
  async delWill(): Promise<void> {}
  async getWill(): Promise<void> {}

  streamWill(): Readable {
    return Readable.from([]);
  }

  getClientList(): Readable {
    return Readable.from([]);
  }

  async destroy(): Promise<void> {}

  #count({ topic, payload }: AedesPublishPacket, sign: 1 | -1): void {
    if (this.#options.isOwn(topic)) return;
    this.#others += sign;
    this.#otherBytes += sign * (Buffer.byteLength(topic) + payload.length);
  }
}
