import { connectAsync, type IClientOptions, type IClientPublishOptions, type MqttClient } from 'mqtt';
import { waitFor } from './wait-for.js';

export interface ObservedMessage {
  readonly topic: string;
  readonly text: string;
  readonly retained: boolean;
  readonly qos: number;
  readonly expirySeconds: number | undefined;
  readonly correlationData: Buffer | undefined;
  readonly at: number;
}

/** An independent client that keeps everything it hears. */
export class MqttObserver {
  readonly messages: ObservedMessage[] = [];
  readonly #client: MqttClient;

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on('message', (topic, payload, { retain, qos, properties }) => {
      this.messages.push({
        topic,
        text: payload.toString(),
        retained: retain,
        qos,
        expirySeconds: properties?.messageExpiryInterval,
        correlationData: properties?.correlationData,
        at: performance.now(),
      });
    });
  }

  static async connect(
    url: string,
    filter: string | string[] = '#',
    options: IClientOptions = {},
  ): Promise<MqttObserver> {
    const client = await connectAsync(url, { protocolVersion: 5, ...options });
    const observer = new MqttObserver(client);
    await client.subscribeAsync(filter, { qos: 1 });
    return observer;
  }

  of(topic: string): ObservedMessage[] {
    return this.messages.filter((message) => message.topic === topic);
  }

  /** The newest message of a topic as JSON. */
  last(topic: string): Record<string, unknown> | undefined {
    const message = this.of(topic).at(-1);
    return message === undefined ? undefined : (JSON.parse(message.text) as Record<string, unknown>);
  }

  async waitForState(topic: string, state: string, timeoutMs?: number): Promise<number> {
    return waitFor(`state ${state} on ${topic}`, () => this.last(topic)?.state === state, timeoutMs);
  }

  async publish(
    topic: string,
    payload: string,
    options: Pick<IClientPublishOptions, 'retain' | 'properties'> = {},
  ): Promise<void> {
    await this.#client.publishAsync(topic, payload, { qos: 1, ...options });
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}
