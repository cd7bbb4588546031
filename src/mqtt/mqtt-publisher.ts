import type { IPublishPacket } from 'mqtt';
import { AgentError } from '../errors.js';
import type { SendAcknowledged } from './acknowledged-messages.js';
import { Announcements } from './announcements.js';
import { Backoff } from './backoff.js';
import { BrokerConnection, type ConnectionOptions } from './broker-connection.js';
import { readTlsFiles } from './broker-stream.js';
import { type BrokerAddress, parseBrokerUrl } from './broker-url.js';
import { EventQueue } from './event-queue.js';
import type { MqttCounters } from './mqtt-counters.js';
import type { MqttPublisherOptions } from './mqtt-publisher-options.js';
import type { DeviceState, StatePayload } from './payloads.js';
import { type DeviceTopics, deviceTopics } from './topics.js';

export type MessageHandler = (payload: Buffer, packet: IPublishPacket) => void;

/** A connection that lasted so long has proven itself: the next pause is short again. */
const stableMs = 10_000;
const poseExpirySeconds = 2;
const eventLimit = 10;
/** A wrong `state` is corrected after so long: with it a broker's burst of them costs one message. */
const correctionMs = 200;
/** close() ends within 2 s: so long for the last state's acknowledgement, and so long for the goodbye. */
const lastStateMs = 1200;
const goodbyeMs = 500;

/**
 * Publishes on MQTT and stays at it: connects, announces the device's state (birth and will) and every retained
 * value on each connect, and comes back with growing pauses whatever ended a connection. Poses are written or
 * dropped at once; nothing waits for the broker and no queue grows.
 */
export class MqttPublisher {
  readonly topics: DeviceTopics;
  readonly #options: MqttPublisherOptions;
  readonly #address: BrokerAddress;
  readonly #backoff: Backoff;
  readonly #announcements = new Announcements();
  readonly #events: EventQueue;
  readonly #handlers = new Map<string, MessageHandler>();
  readonly #drops = { offline: 0, backlog: 0, oversize: 0, queue: 0 };
  #published = 0;
  #connects = 0;
  #state: DeviceState = 'init';
  #seenState = '';
  #connection: BrokerConnection | undefined;
  #connectedAt = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  #correctionTimer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  /** Throws AgentError MQTT_URL_INVALID, MQTT_TLS_FILE_UNREADABLE; RangeError where the device's id is none. */
  constructor(options: MqttPublisherOptions) {
    this.topics = deviceTopics(options.device);
    this.#options = options;
    this.#address = parseBrokerUrl(options.url);
    if (options.tls !== undefined && !this.#address.secure) {
      throw new AgentError(
        'MQTT_URL_INVALID',
        'MQTT URL: expected the scheme mqtts as TLS files are given, found mqtt',
      );
    }
    readTlsFiles(options.tls ?? {});
    this.#backoff = new Backoff(options.backoff);
    this.#events = new EventQueue(eventLimit, () => {
      this.#drops.queue += 1;
    });
  }

  /** Begins connecting, for ever. Throws nothing: an unreachable broker is a state, not an error. */
  start(): void {
    if (this.#connection !== undefined || this.#closed !== undefined) return;
    this.subscribe(this.topics.state, (payload) => this.#sawState(payload.toString()));
    this.setState(this.#state);
    this.#connect();
  }

  get connected(): boolean {
    return this.#connection?.isUp === true && this.#closed === undefined;
  }

  get state(): DeviceState {
    return this.#state;
  }

  /** What everyone is told of the device, now and on each connect. */
  setState(state: DeviceState): void {
    this.#state = state;
    this.#announcements.set(this.topics.state, this.#stateText(state));
  }

  /** Sets the value of a retained topic: sent now or when connected, and again on each connect. QoS 1. */
  announce(topic: string, payload: string): void {
    this.#announcements.set(topic, payload);
  }

  /** Writes a pose message or drops it, at once; false where it was dropped. QoS 0, expires after 2 s. */
  publishPose(topic: string, payload: string): boolean {
    return this.#publishVolatile(topic, payload, poseExpirySeconds);
  }

  /** As publishPose, without expiry. */
  publishStats(payload: string): boolean {
    return this.#publishVolatile(this.topics.stats, payload);
  }

  /** QoS 1, not retained: kept until the broker has it; of more than 10 the oldest is dropped. */
  publishEvent(topic: string, payload: string): void {
    this.#events.push(topic, payload);
  }

  /** Hands over every message of a topic, on this and every later connection. One handler a topic, no wildcards. */
  subscribe(topic: string, handler: MessageHandler): void {
    this.#handlers.set(topic, handler);
    if (this.connected) this.#connection?.subscribe(topic);
  }

  counters(): MqttCounters {
    const { offline, backlog, oversize, queue } = this.#drops;
    return {
      published: this.#published,
      dropped: offline + backlog + oversize + queue,
      drops: { ...this.#drops },
      queued: this.#announcements.pending + this.#events.pending,
      reconnects: Math.max(0, this.#connects - 1),
    };
  }

  /**
   * Publishes the last state, retained, and disconnects so that no will follows. Ends within 2 s whatever the
   * broker does; never throws; harmless when called again.
   */
  close({ state = 'stopped' }: { state?: DeviceState } = {}): Promise<void> {
    this.#closed ??= this.#close(state);
    return this.#closed;
  }

  #connect(): void {
    this.#retryTimer = undefined;
    const connection = new BrokerConnection(this.#connectionOptions(), {
      onUp: () => this.#up(connection),
      onDown: (reason, takenOver) => this.#down(reason, takenOver),
      onMessage: (topic, payload, packet) => this.#handlers.get(topic)?.(payload, packet),
      onProblem: (text) => this.#options.onProblem?.(this.#redacted(text)),
    });
    this.#connection = connection;
    try {
      connection.open();
    } catch (error) {
      this.#down(error instanceof Error ? error.message : String(error), false);
    }
  }

  #up(connection: BrokerConnection): void {
    this.#connects += 1;
    this.#connectedAt = performance.now();
    const send: SendAcknowledged = (message, done) => {
      this.#published += 1;
      connection.sendAcknowledged(message, done);
    };
    // The birth comes first, and with the time of this connect: later than the will that it may replace.
    this.setState(this.#state);
    this.#announcements.connected(send);
    this.#events.connected(send);
    for (const topic of this.#handlers.keys()) connection.subscribe(topic);
    this.#options.onConnect?.();
  }

  #down(reason: string, takenOver: boolean): void {
    const wasUp = this.#connectedAt > 0;
    if (wasUp && performance.now() - this.#connectedAt >= stableMs) this.#backoff.reset();
    if (takenOver) this.#backoff.penalise();
    this.#connectedAt = 0;
    this.#connection = undefined;
    this.#announcements.disconnected();
    this.#events.disconnected();
    clearTimeout(this.#correctionTimer);
    this.#correctionTimer = undefined;
    if (this.#closed !== undefined) return;
    const pause = this.#backoff.next();
    this.#retryTimer = setTimeout(() => this.#connect(), pause);
    this.#options.onDisconnect?.(this.#redacted(reason), pause);
  }

  #publishVolatile(topic: string, payload: string, expirySeconds?: number): boolean {
    const connection = this.#connection;
    if (connection === undefined || !this.connected) {
      this.#drops.offline += 1;
      return false;
    }
    const result = connection.sendVolatile(topic, payload, expirySeconds);
    if (result !== 'sent') {
      this.#drops[result] += 1;
      return false;
    }
    this.#published += 1;
    return true;
  }

  /** A will that came late, or an older agent's, must not stand over a device that is alive. */
  #sawState(text: string): void {
    this.#seenState = text;
    if (this.#isOurs(text) || this.#correctionTimer !== undefined || this.#closed !== undefined) return;
    this.#correctionTimer = setTimeout(() => {
      this.#correctionTimer = undefined;
      if (!this.#isOurs(this.#seenState)) this.setState(this.#state);
    }, correctionMs);
  }

  #isOurs(text: string): boolean {
    try {
      const { state, session } = JSON.parse(text) as Partial<StatePayload>;
      return state === this.#state && session === this.#options.session;
    } catch {
      return false;
    }
  }

  #stateText(state: DeviceState): string {
    const payload: StatePayload = { state, session: this.#options.session, ts: Date.now() };
    return JSON.stringify(payload);
  }

  async #close(state: DeviceState): Promise<void> {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#correctionTimer);
    // Nothing may follow the last state: an older one that waits for an acknowledgement would overwrite it.
    this.#announcements.disconnected();
    this.#events.disconnected();
    const connection = this.#connection;
    if (connection?.isUp !== true) {
      connection?.destroy();
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, lastStateMs);
      this.#state = state;
      this.#published += 1;
      // Not through the announcements: one that is in flight would be waited for first.
      const message = { topic: this.topics.state, payload: this.#stateText(state), retain: true };
      connection.sendAcknowledged(message, () => resolve());
    });
    clearTimeout(timer);
    await connection.end(goodbyeMs);
  }

  /** No library is known to put the password into a message; should one begin to, it ends here. */
  #redacted(text: string): string {
    const { password } = this.#connectionOptions();
    return password === undefined || password === '' ? text : text.replaceAll(password, '***');
  }

  #connectionOptions(): ConnectionOptions {
    const options = this.#options;
    return {
      address: this.#address,
      tls: options.tls,
      username: options.username ?? this.#address.username,
      password: options.password ?? this.#address.password,
      clientId: options.device,
      protocolVersion: options.protocolVersion ?? 5,
      will: { topic: this.topics.state, payload: this.#stateText('offline') },
      keepaliveSeconds: options.keepaliveSeconds ?? 15,
      willDelaySeconds: options.willDelaySeconds ?? 10,
      sessionExpirySeconds: options.sessionExpirySeconds ?? 60,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      window: options.window,
    };
  }
}
