/** Since start(); the `mqtt` part of the stats message. Every message offered with QoS 0 is published or dropped. */
export interface MqttCounters {
  /** Messages handed to the socket, all QoS. */
  published: number;
  /** Messages never handed over: the sum of drops. */
  dropped: number;
  drops: {
    /** QoS 0 while there was no connection, while the broker was behind, and larger than it takes. */
    offline: number;
    backlog: number;
    oversize: number;
    /** Events, and answers to commands, that found their queue full or were refused by the broker. */
    queue: number;
    response: number;
  };
  /** Retained values, events and answers that the broker has not acknowledged yet. */
  queued: number;
  /** Connects after the first. */
  reconnects: number;
}
