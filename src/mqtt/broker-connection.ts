import { type IClientOptions, type IPublishPacket, MqttClient } from 'mqtt';
import type { AcknowledgedMessage } from './acknowledged-messages.js';
import { openBrokerStream, type TlsFiles } from './broker-stream.js';
import type { BrokerAddress } from './broker-url.js';
import { SendWindow, type SendWindowOptions } from './send-window.js';

/** How a connection is made; the durations that MQTT counts in seconds are in seconds. */
export interface ConnectionOptions {
  readonly address: BrokerAddress;
  readonly tls: TlsFiles | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly clientId: string;
  /** 5, or 4 which is MQTT 3.1.1. */
  readonly protocolVersion: 4 | 5;
  readonly will: { readonly topic: string; readonly payload: string };
  readonly keepaliveSeconds: number;
  readonly willDelaySeconds: number;
  readonly sessionExpirySeconds: number;
  readonly connectTimeoutMs: number;
  readonly window: SendWindowOptions | undefined;
}

export interface ConnectionEvents {
  /** The broker accepted us. */
  onUp(): void;
  /** The connection is lost or was refused; called once, nothing follows. The reason is not redacted. */
  onDown(reason: string, takenOver: boolean): void;
  onMessage(topic: string, payload: Buffer, packet: IPublishPacket): void;
  /** Something went wrong that the connection survives. Not redacted. */
  onProblem(text: string): void;
}

export type VolatileResult = 'sent' | 'backlog' | 'oversize';

/** What the broker may send us at once. */
const maxInboundBytes = 64 * 1024;
/** Fixed header, packet id, properties, lengths: more than any message of ours needs. */
const packetOverheadBytes = 32;
const sessionTakenOver = 0x8e;
/** DISCONNECT, normal: the same two bytes in 3.1.1 and 5. The broker then forgets the will. */
const disconnectPacket = Buffer.from([0xe0, 0x00]);

/**
 * One connection to a broker, from connecting to its end; there is no way back, a new attempt is a new object.
 * That keeps the library's own reconnecting out, which gives up for ever after a refused CONNACK, repeats stale
 * QoS 1 messages, and knows no backoff.
 */
export class BrokerConnection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #window: SendWindow;
  #client: MqttClient | undefined;
  #up = false;
  #down = false;
  #maxPacketBytes = Number.POSITIVE_INFINITY;
  #lastError: string | undefined;
  #takenOver = false;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#window = new SendWindow(options.window);
  }

  get isUp(): boolean {
    return this.#up;
  }

  /** Written bytes that the broker has not proven to have. */
  get unconfirmedBytes(): number {
    return this.#window.unconfirmedBytes;
  }

  /** Throws AgentError MQTT_TLS_FILE_UNREADABLE. */
  open(): void {
    const { address, tls } = this.#options;
    const client = new MqttClient(() => openBrokerStream(address, tls), this.#clientOptions());
    this.#client = client;
    client.on('connect', ({ properties }) => {
      this.#maxPacketBytes = properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY;
      this.#up = true;
      this.#events.onUp();
    });
    client.on('message', (topic, payload, packet) => this.#events.onMessage(topic, payload, packet));
    client.on('packetsend', ({ cmd }) => {
      if (cmd === 'pingreq') this.#window.probeSent();
    });
    client.on('packetreceive', ({ cmd }) => {
      if (cmd === 'pingresp') this.#window.probeAnswered();
    });
    client.on('disconnect', ({ reasonCode }) => {
      this.#takenOver = reasonCode === sessionTakenOver;
      this.#lastError = `the broker ended the connection with reason 0x${(reasonCode ?? 0).toString(16)}`;
    });
    client.on('error', (error) => {
      this.#lastError ??= errorText(error);
    });
    client.on('close', () => this.#end());
  }

  /** Writes a QoS 0 message and forgets it: nothing is ever awaited, and what finds no room is not written. */
  sendVolatile(topic: string, payload: string, expirySeconds?: number): VolatileResult {
    const client = this.#client;
    if (client === undefined || !this.#up) return 'backlog';
    // ASCII: a character is a byte. Where it is not, the bound is off by as much, no more.
    const bytes = topic.length + payload.length + packetOverheadBytes;
    if (bytes > this.#maxPacketBytes) return 'oversize';
    if (this.#window.isFull(bytes)) return 'backlog';
    client.publish(topic, payload, {
      qos: 0,
      ...(expirySeconds === undefined ? {} : { properties: { messageExpiryInterval: expirySeconds } }),
    });
    this.#wrote(bytes);
    return 'sent';
  }

  /** As SendAcknowledged: `done` is called once when the broker has taken or refused it. */
  sendAcknowledged({ topic, payload, retain }: AcknowledgedMessage, done: (error?: Error) => void): void {
    const bytes = Buffer.byteLength(topic) + Buffer.byteLength(payload) + packetOverheadBytes;
    const refused = (error: Error): void => {
      this.#events.onProblem(`${topic}: ${error.message}`);
      done(error);
    };
    if (bytes > this.#maxPacketBytes) {
      refused(new Error(`message of ${bytes} bytes, the broker takes ${this.#maxPacketBytes}`));
      return;
    }
    this.#client?.publish(topic, payload, { qos: 1, retain }, (error) => {
      if (this.#down) return;
      if (error) refused(error);
      else done();
    });
    this.#wrote(bytes);
  }

  subscribe(filter: string): void {
    this.#client?.subscribe(filter, { qos: 0 }, (error, granted) => {
      if (this.#down) return;
      const refused = granted?.some(({ qos }) => qos >= 128) ?? false;
      if (error || refused) this.#events.onProblem(`subscription to ${filter} refused by the broker`);
    });
  }

  /** Says goodbye, so that no will is sent, and waits for the end at most so long. */
  async end(timeoutMs: number): Promise<void> {
    const client = this.#client;
    if (client === undefined || this.#down) return;
    if (!this.#up) {
      this.destroy();
      return;
    }
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.stream.end(disconnectPacket);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([closed, late]);
    clearTimeout(timer);
    this.destroy();
  }

  /** Ends at once; onDown is called where it was not yet. */
  destroy(): void {
    this.#client?.end(true);
    this.#end();
  }

  #wrote(bytes: number): void {
    this.#window.wrote(bytes);
    if (this.#window.isProbeDue()) this.#client?.sendPing();
  }

  #end(): void {
    if (this.#down) return;
    this.#down = true;
    this.#up = false;
    this.#events.onDown(this.#lastError ?? 'the connection was closed', this.#takenOver);
  }

  #clientOptions(): IClientOptions {
    const { protocolVersion, will, username, password, ...options } = this.#options;
    const is5 = protocolVersion === 5;
    return {
      clientId: options.clientId,
      protocolVersion,
      protocolId: 'MQTT',
      // A session of 3.1.1 never expires: it would outlive the device on the broker.
      clean: !is5,
      keepalive: options.keepaliveSeconds,
      connectTimeout: options.connectTimeoutMs,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      will: {
        topic: will.topic,
        payload: Buffer.from(will.payload),
        qos: 1,
        retain: true,
        ...(is5 ? { properties: { willDelayInterval: options.willDelaySeconds } } : {}),
      },
      ...(is5
        ? {
            properties: {
              sessionExpiryInterval: options.sessionExpirySeconds,
              maximumPacketSize: maxInboundBytes,
            },
          }
        : {}),
    };
  }
}

function errorText(error: Error): string {
  const { code } = error as { code?: unknown };
  // A refusal carries the CONNACK's reason as its code.
  if (typeof code === 'number') return `${error.message} (0x${code.toString(16)})`;
  // An AggregateError of several addresses has no message of its own.
  return error.message || String(code ?? error.name);
}
