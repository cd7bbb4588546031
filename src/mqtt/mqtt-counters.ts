/** Since start(); the `mqtt` part of the stats message. Every message offered with QoS 0 is published or dropped. */
export interface MqttCounters {
  /** Messages handed to the socket, all QoS. */
  published: number;
  /** Messages never handed over: the sum of drops. */
  dropped: number;
  drops: { offline: number; backlog: number; oversize: number; queue: number };
  /** Retained values and events that the broker has not acknowledged yet. */
  queued: number;
  /** Connects after the first. */
  reconnects: number;
}
