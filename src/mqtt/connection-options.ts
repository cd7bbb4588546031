import type { Duplex } from 'node:stream';
import type { IClientOptions } from 'mqtt';
import { AgentError } from '../errors.js';
import type { TlsFiles } from './broker-stream.js';
import { type BrokerAddress, parseBrokerUrl } from './broker-url.js';
import type { MqttPublisherOptions } from './mqtt-publisher-options.js';
import type { SendWindowOptions } from './send-window.js';

/** The message that the broker publishes when the connection is lost. */
export interface Will {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

/** How a connection is made; the durations that MQTT counts in seconds are in seconds. */
export interface ConnectionOptions {
  readonly address: BrokerAddress;
  /** In place of a socket to `address`. */
  readonly openStream: (() => Duplex) | undefined;
  readonly tls: TlsFiles | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly clientId: string;
  /** 5, or 4 which is MQTT 3.1.1. */
  readonly protocolVersion: 4 | 5;
  /** Whether the broker is to forget what it kept for us. */
  readonly cleanStart: boolean;
  readonly will: Will;
  readonly keepaliveSeconds: number;
  readonly willDelaySeconds: number;
  readonly sessionExpirySeconds: number;
  readonly connectTimeoutMs: number;
  readonly window: SendWindowOptions | undefined;
}

/** What a broker of MQTT 5 may send us as one packet, in bytes; it leaves out what is larger. */
export const maxInboundBytes = 64 * 1024;
/** MQTT 3.1.1 cannot tell the broker a limit: what is larger is skipped as it comes. */
const maxInboundBytesUntold = 1024 * 1024;
/** Unacknowledged QoS 1 messages that a broker of MQTT 5 may send us. */
const maxInboundInFlight = 16;

/** What stays the same from connection to connection; the password may change, and so may the version. Throws AgentError MQTT_URL_INVALID. */
export function connectionOptions(
  options: MqttPublisherOptions,
): Omit<ConnectionOptions, 'cleanStart' | 'will' | 'password' | 'protocolVersion'> {
  const address = parseBrokerUrl(options.url);
  if (options.tls !== undefined && !address.secure) {
    throw new AgentError(
      'MQTT_URL_INVALID',
      'MQTT URL: expected the scheme mqtts as TLS files are given, found mqtt',
    );
  }
  return {
    address,
    openStream: options.openStream,
    tls: options.tls,
    username: options.username ?? address.username,
    clientId: options.device,
    keepaliveSeconds: options.keepaliveSeconds ?? 15,
    willDelaySeconds: options.willDelaySeconds ?? 10,
    sessionExpirySeconds: options.sessionExpirySeconds ?? 60,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    window: options.window,
  };
}

/** The largest packet that is taken from the broker, in bytes: a message that is larger is skipped. */
export function inboundLimit(protocolVersion: 4 | 5): number {
  return protocolVersion === 5 ? maxInboundBytes : maxInboundBytesUntold;
}

/** As the library takes them; its own reconnecting, queueing and resubscribing are off. */
export function clientOptions(options: ConnectionOptions): IClientOptions {
  const { protocolVersion, will, username, password } = options;
  const is5 = protocolVersion === 5;
  return {
    clientId: options.clientId,
    protocolVersion,
    protocolId: 'MQTT',
    // A session of 3.1.1 never expires: it would outlive the device on the broker.
    clean: !is5 || options.cleanStart,
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
      qos: will.qos,
      retain: will.retain,
      ...(is5 ? { properties: { willDelayInterval: options.willDelaySeconds } } : {}),
    },
    ...(is5
      ? {
          properties: {
            sessionExpiryInterval: options.sessionExpirySeconds,
            maximumPacketSize: maxInboundBytes,
            receiveMaximum: maxInboundInFlight,
          },
        }
      : {}),
  };
}
