import { type IPublishPacket, MqttClient } from 'mqtt';
import type { AcknowledgedMessage } from './acknowledged-messages.js';
import { openBrokerStream } from './broker-stream.js';
import { type ConnectionOptions, clientOptions, inboundLimit } from './connection-options.js';
import { filterInbound, type GivenUpMessage } from './inbound-filter.js';
import { SendQuota } from './send-quota.js';
import { SendWindow } from './send-window.js';
import { type ServerLimits, serverLimits } from './server-limits.js';

/** How a connection ended or why it never came about. */
export interface ConnectionEnd {
  /** Not redacted. */
  readonly reason: string;
  /** Of MQTT, where there is one: the broker's in CONNACK or DISCONNECT, or what we hold against it. */
  readonly reasonCode: number | undefined;
  /** The broker sent what we do not take: too large, or no MQTT. */
  readonly malformed: boolean;
  /** The broker was reached, and then hung up or said nothing in the place of an answer to the CONNECT. */
  readonly beforeAnswer: boolean;
}

export interface ConnectionEvents {
  /** The broker accepted us. */
  onUp(limits: ServerLimits): void;
  /** The connection is lost or was refused; called once, nothing follows. */
  onDown(end: ConnectionEnd): void;
  onMessage(topic: string, payload: Buffer, packet: IPublishPacket): void;
  /** A message was taken from the broker and not handed on; the connection goes on. */
  onGivenUp(message: GivenUpMessage): void;
  /** A message was written to the socket. */
  onPublished(): void;
  /** Something went wrong that the connection survives. Not redacted. */
  onProblem(text: string): void;
}

export type VolatileResult = 'sent' | 'backlog' | 'oversize';

/** Fixed header, packet id, properties but the correlation data, lengths: more than any message of ours needs. */
const packetOverheadBytes = 32;
/** DISCONNECT, normal: the same two bytes in 3.1.1 and 5. The broker then forgets the will. */
const disconnectPacket = Buffer.from([0xe0, 0x00]);
/** Each is told once, and of a connection no more than so many: a broker that refuses everything floods no log. */
const maxProblems = 20;
/** In a SUBACK: the first reason code that grants nothing. */
const refusal = 0x80;
/** What the system calls it when the other side has hung up. */
const hangUpCodes = new Set(['ECONNRESET', 'EPIPE']);
/** What the library calls a broker that does not answer the CONNECT, and one that has fallen silent. */
const noAnswer = 'connack timeout';
const silences = new Set(['Keepalive timeout', noAnswer]);

/**
 * One connection to a broker, from connecting to its end; there is no way back, a new attempt is a new object.
 * That keeps the library's own reconnecting out, which gives up for ever after a refused CONNACK, repeats stale
 * QoS 1 messages, and knows no backoff. Any error of the library ends the connection: it would itself read on
 * after a malformed packet.
 */
export class BrokerConnection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #window: SendWindow;
  readonly #problems = new Set<string>();
  #limits = serverLimits();
  #quota = new SendQuota(this.#limits.receiveMaximum);
  #client: MqttClient | undefined;
  #lastPingMs = Number.NEGATIVE_INFINITY;
  #up = false;
  /** Whether the socket is open, and whether a CONNACK has come. */
  #reached = false;
  #answered = false;
  #refused = false;
  #down = false;
  #end: ConnectionEnd | undefined;

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
    const { address, openStream, tls, protocolVersion } = this.#options;
    const client = new MqttClient(() => {
      const stream = openStream?.() ?? openBrokerStream(address, tls);
      stream.once(tls === undefined && !address.secure ? 'connect' : 'secureConnect', () => {
        this.#reached = true;
      });
      filterInbound(stream, {
        maxBytes: inboundLimit(protocolVersion),
        protocolVersion,
        onGivenUp: (message) => this.#events.onGivenUp(message),
        onSkipping: () => this.#stayAlive(),
      });
      return stream;
    }, clientOptions(this.#options));
    this.#client = client;
    client.on('connect', ({ properties }) => {
      this.#limits = serverLimits(properties);
      this.#quota = new SendQuota(this.#limits.receiveMaximum);
      this.#up = true;
      this.#events.onUp(this.#limits);
    });
    client.on('message', (topic, payload, packet) => this.#events.onMessage(topic, payload, packet));
    client.on('packetsend', ({ cmd }) => {
      if (cmd === 'pingreq') this.#window.probeSent();
    });
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'pingresp') this.#window.probeAnswered();
      if (packet.cmd !== 'connack') return;
      this.#answered = true;
      this.#refused = (packet.reasonCode ?? packet.returnCode ?? 0) > 0;
    });
    client.on('disconnect', ({ reasonCode = 0 }) => {
      const reason = `the broker ended the connection with reason 0x${reasonCode.toString(16)}`;
      this.#end ??= { reason, reasonCode, malformed: false, beforeAnswer: false };
      client.stream.destroy();
    });
    client.on('error', (error) => {
      this.#end ??= endOf(error, { refused: this.#refused, unanswered: this.#reached && !this.#answered });
      client.stream.destroy();
    });
    client.on('close', () => this.#ended());
  }

  /** Writes a QoS 0 message and forgets it: nothing is ever awaited, and what finds no room is not written. */
  sendVolatile(topic: string, payload: string, expirySeconds?: number): VolatileResult {
    const client = this.#client;
    if (client === undefined || !this.#up) return 'backlog';
    // ASCII: a character is a byte. Where it is not, the bound is off by as much, no more.
    const bytes = topic.length + payload.length + packetOverheadBytes;
    if (bytes > this.#limits.maxPacketBytes) return 'oversize';
    if (this.#window.isFull(bytes)) return 'backlog';
    client.publish(topic, payload, {
      qos: 0,
      ...(expirySeconds === undefined ? {} : { properties: { messageExpiryInterval: expirySeconds } }),
    });
    this.#wrote(bytes);
    return 'sent';
  }

  /**
   * As SendAcknowledged: `done` is called once when the broker has taken or refused it. Written at once, or when
   * the broker has acknowledged enough of those before. A broker without QoS 1 or retained messages gets it
   * without; what has QoS 0 counts as taken when it is written.
   */
  sendAcknowledged(message: AcknowledgedMessage, done: (error?: Error) => void): void {
    const { topic, payload, correlationData } = message;
    const bytes =
      Buffer.byteLength(topic) +
      Buffer.byteLength(payload) +
      packetOverheadBytes +
      (correlationData?.length ?? 0);
    const { maxPacketBytes } = this.#limits;
    const finish = (error?: Error): void => {
      if (error) this.#tell(`${topic}: ${error.message}`);
      done(error);
    };
    if (bytes > maxPacketBytes) {
      finish(new Error(`message of ${bytes} bytes, the broker takes ${maxPacketBytes}`));
    } else {
      this.#quota.acquire(() => this.#write(message, bytes, finish));
    }
  }

  /** As sendAcknowledged, in place of all that still waits to be written. */
  sendLast(message: AcknowledgedMessage, done: (error?: Error) => void): void {
    this.#quota.forget();
    this.sendAcknowledged(message, done);
  }

  subscribe(filter: string, qos: 0 | 1): void {
    const refused = (why: string) => this.#tell(`subscription to ${filter} refused by the broker: ${why}`);
    if (!this.#limits.wildcards && /[+#]/.test(filter)) {
      refused('it takes no wildcards');
      return;
    }
    this.#client?.subscribe(filter, { qos }, (_error, _granted, suback) => {
      const code = suback?.granted.map(Number).find((granted) => granted >= refusal);
      if (code !== undefined) refused(`reason 0x${code.toString(16)}`);
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
    this.#ended();
  }

  #write(message: AcknowledgedMessage, bytes: number, done: (error?: Error) => void): void {
    const { topic, payload, correlationData } = message;
    const { retains, acknowledges } = this.#limits;
    const options = {
      retain: message.retain && retains,
      ...(correlationData === undefined ? {} : { properties: { correlationData } }),
    };
    if (acknowledges) {
      this.#client?.publish(topic, payload, { ...options, qos: 1 }, (error) => {
        // A refusal has the broker's reason; without one the connection is lost, though perhaps not yet closed.
        if (this.#down || (error && reasonCodeOf(error) === undefined)) return;
        this.#quota.release();
        done(error ?? undefined);
      });
    } else {
      this.#client?.publish(topic, payload, { ...options, qos: 0 });
      this.#quota.release();
      done();
    }
    this.#wrote(bytes);
  }

  #wrote(bytes: number): void {
    this.#events.onPublished();
    this.#window.wrote(bytes);
    if (this.#window.isProbeDue()) this.#client?.sendPing();
  }

  /** The answer to a PINGREQ waits behind a message that takes minutes: what comes of it is a sign of life too. */
  #stayAlive(): void {
    const now = performance.now();
    if (now - this.#lastPingMs > this.#options.keepaliveSeconds * 500) {
      this.#lastPingMs = now;
      this.#client?.sendPing();
    }
    this.#client?.reschedulePing(true);
  }

  #tell(problem: string): void {
    if (this.#problems.size >= maxProblems || this.#problems.has(problem)) return;
    this.#problems.add(problem);
    this.#events.onProblem(problem);
  }

  #ended(): void {
    if (this.#down) return;
    this.#down = true;
    this.#up = false;
    const beforeAnswer = this.#reached && !this.#answered;
    const closed = { reason: 'the connection was closed', reasonCode: undefined, malformed: false };
    this.#events.onDown(this.#end ?? { ...closed, beforeAnswer });
  }
}

function endOf(
  error: Error,
  { refused, unanswered }: { refused: boolean; unanswered: boolean },
): ConnectionEnd {
  const { code } = error as NodeJS.ErrnoException;
  const reasonCode = reasonCodeOf(error);
  // The system's errors have names for codes. But for refusals and silence, the library's own are all about what
  // it was sent.
  const malformed = !refused && typeof code !== 'string' && !silences.has(error.message);
  // An AggregateError of several addresses has no message of its own.
  const reason = error.message || (code ?? error.name);
  return {
    reason: reasonCode === undefined ? reason : `${reason} (0x${reasonCode.toString(16)})`,
    reasonCode,
    malformed,
    beforeAnswer: unanswered && (hangUpCodes.has(String(code)) || error.message === noAnswer),
  };
}

/** The reason code of MQTT that an error of the library carries. */
function reasonCodeOf(error: Error): number | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
}
