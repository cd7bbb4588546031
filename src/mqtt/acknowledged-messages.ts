/** A QoS 1 message. */
export interface AcknowledgedMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
  /** What the receiver of an answer knows its request by; MQTT 3.1.1 cannot carry it. */
  readonly correlationData?: Buffer | undefined;
}

/**
 * Hands a QoS 1 message to a live connection. Calls back once: with nothing when the broker has taken it, with
 * the error when it refused. Never calls back when the connection is lost first.
 */
export type SendAcknowledged = (message: AcknowledgedMessage, done: (error?: Error) => void) => void;
