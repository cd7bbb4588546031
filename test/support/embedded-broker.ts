import type { Duplex } from 'node:stream';
import { EmbeddedBroker, type EmbeddedBrokerOptions } from '../../src/mqtt/embedded-broker.js';
import { ownerName } from '../../src/mqtt/owner-password.js';
import { deviceTopics } from '../../src/mqtt/topics.js';

const ownerPassword = 'the-password-of-whoever-runs-the-agent';

/** The broker inside an agent, on a free port. */
export interface StartedBroker {
  broker: EmbeddedBroker;
  url: string;
  /** What the agent itself connects with. */
  agent: { url: string; protocolVersion: 4; openStream: () => Duplex };
  /** How a client logs in that may publish; every client has to speak MQTT 3.1.1. */
  owner: { protocolVersion: 4; username: string; password: string };
  reader: { protocolVersion: 4 };
  notices: string[];
}

/** Of the device `box`; stopped when the test ends. */
export async function startEmbeddedBroker(
  t: { teardown(handler: () => unknown): unknown },
  options: Partial<EmbeddedBrokerOptions> = {},
): Promise<StartedBroker> {
  const notices: string[] = [];
  const broker = new EmbeddedBroker({
    port: 0,
    topics: deviceTopics('box'),
    ownerPassword,
    onNotice: (text) => notices.push(text),
    ...options,
  });
  await broker.start();
  t.teardown(() => broker.stop());
  const { url } = broker;
  return {
    broker,
    url,
    agent: { url, protocolVersion: 4, openStream: () => broker.connect() },
    owner: { protocolVersion: 4, username: ownerName, password: ownerPassword },
    reader: { protocolVersion: 4 },
    notices,
  };
}
