import type { Duplex } from 'node:stream';
import type { BackoffOptions } from './backoff.js';
import type { ConnectionEnd } from './broker-connection.js';
import type { TlsFiles } from './broker-stream.js';
import type { SendWindowOptions } from './send-window.js';

export interface MqttPublisherOptions {
  /** `mqtt://` or `mqtts://`; user and password may be in it, those below prevail. */
  readonly url: string;
  /** Opens the way to the broker where that is no socket: to the embedded one. */
  readonly openStream?: (() => Duplex) | undefined;
  readonly username?: string | undefined;
  /** A function is asked before every connection; what it throws is why there is none yet. */
  readonly password?: string | (() => string | undefined) | undefined;
  readonly tls?: TlsFiles | undefined;
  /** The device's id, also the client id: a second agent of that name takes the connection over. */
  readonly device: string;
  /** Changes with every start of the agent. */
  readonly session: string;
  /** 5 (default), 4 which is MQTT 3.1.1, or `auto`: 4 where the broker does not speak 5. */
  readonly protocolVersion?: 4 | 5 | 'auto';
  /** Default 15. */
  readonly keepaliveSeconds?: number;
  /** Default 10: a connection that is back by then was never offline to anyone. */
  readonly willDelaySeconds?: number;
  /** Default 60; longer than the will delay, which it would cut short. */
  readonly sessionExpirySeconds?: number;
  /** Default 10 s. */
  readonly connectTimeoutMs?: number;
  readonly backoff?: BackoffOptions;
  readonly window?: SendWindowOptions;
  /** Called on every connect. */
  readonly onConnect?: (protocolVersion: 4 | 5) => void;
  /** Called when an attempt failed or a connection was lost; the next attempt comes after so many ms. */
  readonly onDisconnect?: (reason: string, retryInMs: number, end: ConnectionEnd) => void;
  /**
   * Called when a message to the agent was left out, once a topic: `text` says which and why. The connection goes on.
   */
  readonly onGivenUp?: (text: string) => void;
  /** Called when the broker refused something and the connection goes on. */
  readonly onProblem?: (text: string) => void;
}
