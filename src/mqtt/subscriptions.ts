import type { IPublishPacket } from 'mqtt';
import type { BrokerConnection } from './broker-connection.js';
import { topicMatches } from './topics.js';

/** Called for each message; the packet tells whether it is a retained one, and has the properties of MQTT 5. */
export type MessageHandler = (topic: string, payload: Buffer, packet: IPublishPacket) => void;

export interface SubscribeOptions {
  /** The best that messages are delivered with; default 0. */
  readonly qos?: 0 | 1;
}

/** Who takes which messages, on every connection. */
export class Subscriptions {
  readonly #byFilter = new Map<string, { handler: MessageHandler; qos: 0 | 1 }>();

  /** One handler a filter; a later one takes the place of an earlier. */
  set(filter: string, handler: MessageHandler, { qos = 0 }: SubscribeOptions = {}): void {
    this.#byFilter.set(filter, { handler, qos });
  }

  request(connection: BrokerConnection, filters: Iterable<string> = this.#byFilter.keys()): void {
    for (const filter of filters) connection.subscribe(filter, this.#byFilter.get(filter)?.qos ?? 0);
  }

  /** Hands a message to every handler whose filter names its topic. Throws what a handler throws. */
  dispatch(topic: string, payload: Buffer, packet: IPublishPacket): void {
    for (const [filter, { handler }] of this.#byFilter) {
      if (topicMatches(filter, topic)) handler(topic, payload, packet);
    }
  }
}
