import type { SendAcknowledged } from './acknowledged-messages.js';

interface QueuedEvent {
  readonly topic: string;
  readonly payload: string;
  inFlight: boolean;
}

/** QoS 1 messages that are not retained: kept until acknowledged, through disconnections, the newest few. */
export class EventQueue {
  readonly #limit: number;
  readonly #onDrop: () => void;
  readonly #events: QueuedEvent[] = [];
  #send: SendAcknowledged | undefined;

  /** At most `limit` events wait or are in flight; for one that was never sent `onDrop` is called. */
  constructor(limit: number, onDrop: () => void) {
    this.#limit = limit;
    this.#onDrop = onDrop;
  }

  get pending(): number {
    return this.#events.length;
  }

  push(topic: string, payload: string): void {
    if (this.#events.length >= this.#limit) {
      const oldest = this.#events.shift();
      if (oldest?.inFlight === false) this.#onDrop();
    }
    const event = { topic, payload, inFlight: false };
    this.#events.push(event);
    this.#deliver(event);
  }

  connected(send: SendAcknowledged): void {
    this.#send = send;
    for (const event of [...this.#events]) this.#deliver(event);
  }

  disconnected(): void {
    this.#send = undefined;
    for (const event of this.#events) event.inFlight = false;
  }

  #deliver(event: QueuedEvent): void {
    const send = this.#send;
    if (send === undefined) return;
    event.inFlight = true;
    send({ topic: event.topic, payload: event.payload, retain: false }, (error) => {
      if (this.#send !== send) return;
      const index = this.#events.indexOf(event);
      if (index < 0) return;
      this.#events.splice(index, 1);
      if (error !== undefined) this.#onDrop();
    });
  }
}
