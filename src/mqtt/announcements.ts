import type { SendAcknowledged } from './acknowledged-messages.js';

interface Announcement {
  payload: string;
  inFlight: boolean;
  /** Whether the broker lacks the newest payload. */
  due: boolean;
}

/**
 * The retained topics: what counts is the last value of each. It is sent when it changes, with at most one
 * message a topic in flight, and again on every connect, since a broker may have lost what it held.
 */
export class Announcements {
  readonly #byTopic = new Map<string, Announcement>();
  #send: SendAcknowledged | undefined;

  /** Topics whose newest value the broker has not acknowledged. */
  get pending(): number {
    let pending = 0;
    for (const { due, inFlight } of this.#byTopic.values()) if (due || inFlight) pending += 1;
    return pending;
  }

  set(topic: string, payload: string): void {
    const known = this.#byTopic.get(topic);
    const announcement = known ?? { payload, inFlight: false, due: true };
    if (known === undefined) this.#byTopic.set(topic, announcement);
    announcement.payload = payload;
    announcement.due = true;
    this.#pump(topic, announcement);
  }

  /** The connection is up: everything is sent, in the order in which the topics were first set. */
  connected(send: SendAcknowledged): void {
    this.#send = send;
    for (const [topic, announcement] of this.#byTopic) this.#pump(topic, announcement);
  }

  /** Nothing is sent until the next connection, and then everything. */
  disconnected(): void {
    this.#send = undefined;
    for (const announcement of this.#byTopic.values()) {
      announcement.inFlight = false;
      announcement.due = true;
    }
  }

  #pump(topic: string, announcement: Announcement): void {
    const send = this.#send;
    if (send === undefined || announcement.inFlight || !announcement.due) return;
    announcement.inFlight = true;
    announcement.due = false;
    send({ topic, payload: announcement.payload, retain: true }, () => {
      // Refused or taken: either way nothing more to do until the value changes or the connection does.
      if (this.#send !== send) return;
      announcement.inFlight = false;
      this.#pump(topic, announcement);
    });
  }
}
