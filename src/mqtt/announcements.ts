import type { SendAcknowledged } from './acknowledged-messages.js';

interface Announcement {
  /** The newest value. */
  payload: string;
  /** Values that the broker has not acknowledged, oldest first; the first one is on its way where `inFlight`. */
  due: string[];
  inFlight: boolean;
  /** Each value counts, not the last alone. */
  each: boolean;
}

export interface AnnouncementsOptions {
  /** Values that wait on one topic, at most, where each counts. */
  readonly limit: number;
  /** Called for each of those that was given up. */
  readonly onDrop: () => void;
}

/**
 * The retained topics. What counts is the last value of each, or, where it is asked for, every value in its order. At
 * most one message a topic is in flight, and the last value is sent again on every connect, since a broker may have
 * lost what it held. An empty one, which takes the topic back, is forgotten when the broker has it.
 */
export class Announcements {
  readonly #options: AnnouncementsOptions;
  readonly #byTopic = new Map<string, Announcement>();
  #send: SendAcknowledged | undefined;

  constructor(options: AnnouncementsOptions) {
    this.#options = options;
  }

  /** Values that the broker has not acknowledged. */
  get pending(): number {
    let pending = 0;
    for (const { due } of this.#byTopic.values()) pending += due.length;
    return pending;
  }

  /** Takes the place of a value that has not been sent. */
  set(topic: string, payload: string): void {
    const announcement = this.#announcementOf(topic);
    announcement.due.length = announcement.inFlight ? 1 : 0;
    this.#add(topic, announcement, payload);
  }

  /** As set, but follows on the values before: they are sent too, also after a connection was lost. */
  append(topic: string, payload: string): void {
    const announcement = this.#announcementOf(topic);
    announcement.each = true;
    if (announcement.due.length >= this.#options.limit) {
      announcement.due.splice(announcement.inFlight ? 1 : 0, 1);
      this.#options.onDrop();
    }
    this.#add(topic, announcement, payload);
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
      if (!announcement.each || announcement.due.length === 0) announcement.due = [announcement.payload];
    }
  }

  #announcementOf(topic: string): Announcement {
    const known = this.#byTopic.get(topic);
    if (known !== undefined) return known;
    const announcement = { payload: '', due: [], inFlight: false, each: false };
    this.#byTopic.set(topic, announcement);
    return announcement;
  }

  #add(topic: string, announcement: Announcement, payload: string): void {
    announcement.payload = payload;
    announcement.due.push(payload);
    this.#pump(topic, announcement);
  }

  #pump(topic: string, announcement: Announcement): void {
    const send = this.#send;
    const [payload] = announcement.due;
    if (send === undefined || announcement.inFlight || payload === undefined) return;
    announcement.inFlight = true;
    send({ topic, payload, retain: true }, () => {
      // Refused or taken: either way nothing more to do until the value changes or the connection does.
      if (this.#send !== send) return;
      announcement.inFlight = false;
      announcement.due.shift();
      this.#pump(topic, announcement);
      // What was taken back is no value to be sent again.
      if (announcement.payload === '' && announcement.due.length === 0) this.#byTopic.delete(topic);
    });
  }
}
