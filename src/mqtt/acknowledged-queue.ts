import type { AcknowledgedMessage, SendAcknowledged } from './acknowledged-messages.js';

interface Queued {
  readonly message: AcknowledgedMessage;
  inFlight: boolean;
}

export interface AcknowledgedQueueOptions {
  /** Messages that wait or are in flight, at most. */
  readonly limit: number;
  /** Called for each message that was given up without having been handed to a connection, or was refused. */
  readonly onDrop: () => void;
}

/** QoS 1 messages that are not retained: kept until acknowledged, through disconnections, the newest few. */
export class AcknowledgedQueue {
  readonly #limit: number;
  readonly #maxInFlight: number;
  readonly #onDrop: () => void;
  readonly #queue: Queued[] = [];
  #send: SendAcknowledged | undefined;

  constructor({ limit, onDrop }: AcknowledgedQueueOptions) {
    this.#limit = limit;
    // The others stay where they can be dropped: a broker that acknowledges nothing must not make memory grow.
    this.#maxInFlight = Math.ceil(limit / 2);
    this.#onDrop = onDrop;
  }

  get pending(): number {
    return this.#queue.length;
  }

  /** Where the queue is full, the oldest message that is not in flight is dropped for it. */
  push(message: AcknowledgedMessage): void {
    this.#queue.push({ message, inFlight: false });
    if (this.#queue.length > this.#limit) {
      const oldest = this.#queue.findIndex(({ inFlight }) => !inFlight);
      this.#queue.splice(oldest, 1);
      this.#onDrop();
    }
    this.#pump();
  }

  connected(send: SendAcknowledged): void {
    this.#send = send;
    this.#pump();
  }

  disconnected(): void {
    this.#send = undefined;
    for (const queued of this.#queue) queued.inFlight = false;
  }

  #pump(): void {
    for (;;) {
      const send = this.#send;
      const next = this.#queue.find(({ inFlight }) => !inFlight);
      const inFlight = this.#queue.filter((queued) => queued.inFlight).length;
      if (send === undefined || next === undefined || inFlight >= this.#maxInFlight) return;
      this.#deliver(next, send);
    }
  }

  #deliver(queued: Queued, send: SendAcknowledged): void {
    queued.inFlight = true;
    send(queued.message, (error) => {
      if (this.#send !== send) return;
      this.#queue.splice(this.#queue.indexOf(queued), 1);
      if (error !== undefined) this.#onDrop();
      this.#pump();
    });
  }
}
