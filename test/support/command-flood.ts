import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import type { Test } from 'tap';

export const floodPerSecond = 5000;

/** Somebody who sends requests for `ping` to the device of that base, as fast as may be. */
export class CommandFlood {
  readonly #send: (n: number) => void;
  #sent = 0;

  private constructor(send: (n: number) => void) {
    this.#send = send;
  }

  static async connect(t: Test, { url, base }: { url: string; base: string }): Promise<CommandFlood> {
    const client = await connectAsync(url, { protocolVersion: 5 });
    t.teardown(() => client.endAsync(true));
    // Each has an id of its own, some are malformed, some ask for a topic that is not theirs.
    return new CommandFlood((n) => {
      const responseTopic = n % 10 === 0 ? `${base}/state` : 'edgepose/client/flood';
      client.publish(`${base}/cmd/ping`, n % 7 === 0 ? 'no JSON' : '{}', {
        properties: { responseTopic, correlationData: Buffer.from(String(n)) },
      });
    });
  }

  /** All at once. */
  burst(count: number): void {
    for (let n = 0; n < count; n++) this.#send(this.#sent++);
  }

  /** At floodPerSecond; resolves to how many were sent. */
  async run(seconds: number): Promise<number> {
    const begin = performance.now();
    let sent = 0;
    while (performance.now() - begin < seconds * 1000) {
      const due = Math.floor(((performance.now() - begin) / 1000) * floodPerSecond);
      this.burst(due - sent);
      sent = due;
      await delay(5);
    }
    return sent;
  }
}
