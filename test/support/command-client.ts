import { connectAsync, type MqttClient } from 'mqtt';

export interface Answer {
  status: 'ok' | 'error';
  code: number;
  data: Record<string, unknown>;
  message?: string;
}

/** Somebody who sends commands over MQTT 5 and waits for their answers. */
export class CommandClient {
  readonly #client: MqttClient;
  readonly #device: string;
  #asked = 0;

  private constructor(client: MqttClient, device: string) {
    this.#client = client;
    this.#device = device;
  }

  /** `device` is the base of its topics. */
  static async connect(url: string, device: string): Promise<CommandClient> {
    return new CommandClient(await connectAsync(url, { protocolVersion: 5 }), device);
  }

  async ask(name: string, args: object = {}): Promise<Answer> {
    const number = this.#asked++;
    const responseTopic = `edgepose/client/test/${number}`;
    await this.#client.subscribeAsync(responseTopic, { qos: 1 });
    const answered = new Promise<Answer>((resolve) => {
      const listen = (topic: string, payload: Buffer): void => {
        if (topic !== responseTopic) return;
        this.#client.off('message', listen);
        resolve(JSON.parse(payload.toString()) as Answer);
      };
      this.#client.on('message', listen);
    });
    await this.#client.publishAsync(`${this.#device}/cmd/${name}`, JSON.stringify(args), {
      qos: 1,
      properties: { responseTopic, correlationData: Buffer.from(String(number)) },
    });
    return answered;
  }

  async close(): Promise<void> {
    await this.#client.endAsync();
  }
}
