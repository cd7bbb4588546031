/**
 * Flow control of MQTT 5 (section 4.9): as many QoS 1 messages are in flight as the broker's Receive Maximum
 * allows, since it ends the connection over one more; the others wait, first come first served. The number of
 * those is bounded by the senders, none of which hands over a message without end.
 */
export class SendQuota {
  readonly #receiveMaximum: number;
  #inFlight = 0;
  #waiting: (() => void)[] = [];

  constructor(receiveMaximum: number) {
    this.#receiveMaximum = receiveMaximum;
  }

  /** Calls `write` now or when there is room. Each written message is to be released once. */
  acquire(write: () => void): void {
    this.#waiting.push(write);
    this.#pump();
  }

  /** The broker has acknowledged or refused a message. */
  release(): void {
    this.#inFlight -= 1;
    this.#pump();
  }

  /** What waits is never written. */
  forget(): void {
    this.#waiting = [];
  }

  #pump(): void {
    while (this.#inFlight < this.#receiveMaximum) {
      const write = this.#waiting.shift();
      if (write === undefined) return;
      this.#inFlight += 1;
      write();
    }
  }
}
