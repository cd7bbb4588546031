import type { IConnackPacket } from 'mqtt';

/** What a broker takes. */
export interface ServerLimits {
  readonly maxPacketBytes: number;
  /** QoS 1 messages that may be unacknowledged at once. */
  readonly receiveMaximum: number;
  /** Whether it keeps retained messages; it ends the connection of whoever sends it one all the same. */
  readonly retains: boolean;
  /** Whether it takes QoS 1. */
  readonly acknowledges: boolean;
  /** Whether it takes subscriptions with + or #. */
  readonly wildcards: boolean;
}

/** Read from a CONNACK; what it does not say, and all of MQTT 3.1.1, has no limit. */
export function serverLimits(properties: IConnackPacket['properties'] = {}): ServerLimits {
  return {
    maxPacketBytes: properties.maximumPacketSize ?? Number.POSITIVE_INFINITY,
    receiveMaximum: properties.receiveMaximum ?? 65_535,
    retains: properties.retainAvailable ?? true,
    acknowledges: (properties.maximumQoS ?? 1) >= 1,
    wildcards: properties.wildcardSubscriptionAvailable ?? true,
  };
}
