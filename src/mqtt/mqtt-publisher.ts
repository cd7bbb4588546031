import type { SendAcknowledged } from './acknowledged-messages.js';
import { AcknowledgedQueue } from './acknowledged-queue.js';
import { Announcements } from './announcements.js';
import { Backoff } from './backoff.js';
import { BrokerConnection, type ConnectionEnd } from './broker-connection.js';
import { exposedKey, readTlsFiles } from './broker-stream.js';
import { type ConnectionOptions, connectionOptions } from './connection-options.js';
import { GivenUpMessages } from './given-up-messages.js';
import type { MqttCounters } from './mqtt-counters.js';
import type { MqttPublisherOptions } from './mqtt-publisher-options.js';
import type { DeviceState, StatePayload } from './payloads.js';
import { ProtocolChoice } from './protocol-choice.js';
import { type ServerLimits, serverLimits } from './server-limits.js';
import { StateGuard } from './state-guard.js';
import { type MessageHandler, type SubscribeOptions, Subscriptions } from './subscriptions.js';
import { type DeviceTopics, deviceTopics } from './topics.js';

/** A connection that lasted so long has proven itself: the next pause is short again. */
const stableMs = 10_000;
const poseExpirySeconds = 2;
const maxHandlerProblems = 32;
const eventLimit = 10;
/** Some kilobytes each at most. */
const reportLimit = 1024;
/** A burst of as many requests as are taken in a second, each answered, finds room. */
const responseLimit = 12;
/** Reason codes of MQTT 5. */
const sessionTakenOver = 0x8e;
const retainNotSupported = 0x9a;
const qosNotSupported = 0x9b;
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
  readonly #settings: ReturnType<typeof connectionOptions>;
  readonly #backoff: Backoff;
  readonly #protocol: ProtocolChoice;
  readonly #announcements: Announcements;
  readonly #events: AcknowledgedQueue;
  readonly #responses: AcknowledgedQueue;
  readonly #subscriptions = new Subscriptions();
  readonly #stateGuard: StateGuard;
  readonly #givenUp = new GivenUpMessages();
  readonly #handlerProblems = new Set<string>();
  readonly #drops = { offline: 0, backlog: 0, oversize: 0, queue: 0, response: 0 };
  #published = 0;
  #connects = 0;
  #state: DeviceState = 'init';
  #limits = serverLimits();
  #cleanStart = false;
  #connection: BrokerConnection | undefined;
  #connectedAt = 0;
  /** Of the present connection. */
  #password: string | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  /** Throws AgentError MQTT_URL_INVALID, MQTT_TLS_FILE_UNREADABLE; RangeError where the device's id is none. */
  constructor(options: MqttPublisherOptions) {
    this.topics = deviceTopics(options.device);
    this.#options = options;
    this.#settings = connectionOptions(options);
    readTlsFiles(options.tls ?? {});
    this.#backoff = new Backoff(options.backoff);
    this.#protocol = new ProtocolChoice(options.protocolVersion);
    this.#announcements = new Announcements({ limit: reportLimit, onDrop: () => this.#count('queue') });
    this.#events = new AcknowledgedQueue({ limit: eventLimit, onDrop: () => this.#count('queue') });
    this.#responses = new AcknowledgedQueue({ limit: responseLimit, onDrop: () => this.#count('response') });
    this.#stateGuard = new StateGuard({
      isOurs: (text) => this.#closed !== undefined || this.#isOurs(text),
      correct: () => this.setState(this.#state),
    });
  }

  /** Begins connecting, for ever. Throws nothing: an unreachable broker is a state, not an error. */
  start(): void {
    if (this.#connection !== undefined || this.#closed !== undefined) return;
    const warning = exposedKey(this.#settings.tls);
    if (warning !== undefined) this.#tell(warning);
    this.subscribe(this.topics.state, (_topic, payload) => this.#stateGuard.saw(payload.toString()));
    this.setState(this.#state);
    this.#connect();
  }

  get connected(): boolean {
    return this.#connection?.isUp === true && this.#closed === undefined;
  }

  /** The largest packet that the broker takes, in bytes; of the last one that was connected. */
  get maxPacketBytes(): number {
    return this.#limits.maxPacketBytes;
  }

  /** Of the present connection, or the next. */
  get protocolVersion(): 4 | 5 {
    return this.#protocol.version;
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

  /** As announce, where whoever listens waits for each value: none takes the place of another. The newest 1,024 wait. */
  announceEach(topic: string, payload: string): void {
    this.#announcements.append(topic, payload);
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
    this.#events.push({ topic, payload, retain: false });
  }

  /** As publishEvent, in a queue of its own for 12: the answer to a request that had this correlation data. */
  respond(
    topic: string,
    payload: string,
    { correlationData }: { correlationData?: Buffer | undefined } = {},
  ): void {
    this.#responses.push({ topic, payload, retain: false, correlationData });
  }

  /** Hands over every message that a filter names, on this and every later connection. One handler a filter. */
  subscribe(filter: string, handler: MessageHandler, options?: SubscribeOptions): void {
    this.#subscriptions.set(filter, handler, options);
    if (this.connected && this.#connection) this.#subscriptions.request(this.#connection, [filter]);
  }

  counters(): MqttCounters {
    const { offline, backlog, oversize, queue, response } = this.#drops;
    return {
      published: this.#published,
      dropped: offline + backlog + oversize + queue + response,
      drops: { ...this.#drops },
      queued: this.#announcements.pending + this.#events.pending + this.#responses.pending,
      reconnects: Math.max(0, this.#connects - 1),
    };
  }

  /**
   * Publishes the last state, retained, and disconnects so that no will follows. Ends within 2 s whatever the
   * broker does; never throws; harmless when called again.
   */
  close({ state = 'stopped' }: { state?: DeviceState } = {}): Promise<void> {
    // Closed before the connection is, whose end would otherwise bring on the next.
    this.#closed ??= Promise.resolve().then(() => this.#close(state));
    return this.#closed;
  }

  #connect(): void {
    this.#retryTimer = undefined;
    try {
      this.#open();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#down({ reason, reasonCode: undefined, malformed: false, beforeAnswer: false });
    }
  }

  /** Throws what reading the password or the certificates throws. */
  #open(): void {
    const connection = new BrokerConnection(this.#connectionOptions(), {
      onUp: (limits) => this.#up(connection, limits),
      onDown: (end) => this.#down(end),
      onMessage: (topic, payload, packet) => this.#dispatch(topic, payload, packet),
      onGivenUp: (message) => {
        const text = this.#givenUp.tell(message);
        if (text !== undefined) this.#options.onGivenUp?.(text);
      },
      onPublished: () => {
        this.#published += 1;
      },
      onProblem: (text) => this.#tell(text),
    });
    this.#connection = connection;
    connection.open();
  }

  #up(connection: BrokerConnection, limits: ServerLimits): void {
    this.#connects += 1;
    this.#connectedAt = performance.now();
    this.#limits = limits;
    if (!limits.retains) this.#tell('the broker keeps no retained messages: late subscribers miss the state');
    const send: SendAcknowledged = (message, done) => connection.sendAcknowledged(message, done);
    // The birth comes first, and with the time of this connect: later than the will that it may replace.
    this.setState(this.#state);
    this.#announcements.connected(send);
    this.#events.connected(send);
    this.#responses.connected(send);
    this.#subscriptions.request(connection);
    this.#options.onConnect?.(this.#protocol.version);
  }

  #down(end: ConnectionEnd): void {
    const { reason, reasonCode, malformed } = end;
    const wasUp = this.#connectedAt > 0;
    this.#protocol.ended(end, wasUp);
    if (wasUp && performance.now() - this.#connectedAt >= stableMs) this.#backoff.reset();
    if (reasonCode === sessionTakenOver) this.#backoff.penalise();
    // The refusal is of the will; what else the broker lacks it tells when it has accepted us.
    if (reasonCode === retainNotSupported) this.#limits = { ...this.#limits, retains: false };
    if (reasonCode === qosNotSupported) this.#limits = { ...this.#limits, acknowledges: false };
    // What the broker keeps for us in its session it would send again.
    this.#cleanStart = malformed || (this.#cleanStart && !wasUp);
    this.#connectedAt = 0;
    this.#connection = undefined;
    this.#holdBack();
    if (this.#closed !== undefined) return;
    const pause = this.#backoff.next();
    this.#retryTimer = setTimeout(() => this.#connect(), pause);
    this.#options.onDisconnect?.(this.#redacted(reason), pause, end);
  }

  /** Nothing of what is kept is sent until the next connection. */
  #holdBack(): void {
    this.#announcements.disconnected();
    this.#events.disconnected();
    this.#responses.disconnected();
    this.#stateGuard.stop();
  }

  /** What a handler makes of a message never ends the connection, let alone the agent. */
  #dispatch(...message: Parameters<MessageHandler>): void {
    try {
      this.#subscriptions.dispatch(...message);
    } catch (error) {
      const problem = `${message[0]}: ${error instanceof Error ? error.message : String(error)}`;
      // Once: a retained message comes again with every connection.
      if (this.#handlerProblems.has(problem) || this.#handlerProblems.size >= maxHandlerProblems) return;
      this.#handlerProblems.add(problem);
      this.#tell(problem);
    }
  }

  #publishVolatile(topic: string, payload: string, expirySeconds?: number): boolean {
    const connection = this.#connection;
    const result =
      connection === undefined || !this.connected
        ? 'offline'
        : connection.sendVolatile(topic, payload, expirySeconds);
    if (result !== 'sent') this.#count(result);
    return result === 'sent';
  }

  #count(drop: keyof MqttCounters['drops']): void {
    this.#drops[drop] += 1;
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
    // Nothing may follow the last state: an older one that waits for an acknowledgement would overwrite it.
    this.#holdBack();
    const connection = this.#connection;
    if (connection?.isUp !== true) {
      connection?.destroy();
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, lastStateMs);
      this.#state = state;
      // Not through the announcements: one that is in flight would be waited for first.
      const message = { topic: this.topics.state, payload: this.#stateText(state), retain: true };
      connection.sendLast(message, () => resolve());
    });
    clearTimeout(timer);
    await connection.end(goodbyeMs);
  }

  #tell(problem: string): void {
    this.#options.onProblem?.(this.#redacted(problem));
  }

  /** No library is known to put the password into a message; should one begin to, it ends here. */
  #redacted(text: string): string {
    const password = this.#password;
    return password === undefined || password === '' ? text : text.replaceAll(password, '***');
  }

  #connectionOptions(): ConnectionOptions {
    const { acknowledges, retains } = this.#limits;
    const { password = this.#settings.address.password } = this.#options;
    this.#password = typeof password === 'function' ? password() : password;
    return {
      ...this.#settings,
      password: this.#password,
      protocolVersion: this.#protocol.version,
      cleanStart: this.#cleanStart,
      will: {
        topic: this.topics.state,
        payload: this.#stateText('offline'),
        qos: acknowledges ? 1 : 0,
        retain: retains,
      },
    };
  }
}
