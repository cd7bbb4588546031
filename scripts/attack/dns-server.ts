import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode } from 'dns-packet';
import { addresses, names } from './addresses.js';

/** Answers the names of the arena, one of them with another address each time. Needs port 53. */
export class DnsServer {
  readonly #socket: Socket = createSocket('udp4');
  #rebound = 0;

  async start(): Promise<this> {
    this.#socket.on('message', (message, from) => {
      const { id, questions = [] } = decode(message);
      const [question] = questions;
      const address = question?.type === 'A' ? this.#addressOf(question.name) : undefined;
      const answers =
        question === undefined || address === undefined
          ? []
          : [{ type: 'A' as const, name: question.name, ttl: 0, data: address }];
      this.#socket.send(
        encode({ type: 'response', id: id ?? 0, questions, answers }),
        from.port,
        from.address,
      );
    });
    this.#socket.bind(53, addresses.loopback);
    await once(this.#socket, 'listening');
    return this;
  }

  /** Times that the name of changing address was asked for. */
  get rebound(): number {
    return this.#rebound;
  }

  stop(): void {
    this.#socket.close();
  }

  #addressOf(name: string): string | undefined {
    if (name === names.loopback) return addresses.loopback;
    if (name !== names.rebinding) return undefined;
    return this.#rebound++ === 0 ? addresses.attacker : addresses.loopback;
  }
}
