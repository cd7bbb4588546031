import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { MqttPublisher } from '../../src/mqtt/mqtt-publisher.js';
import { acknowledgeAll, connack, FakeBroker, onPacket } from '../support/fake-broker.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

type Script = ConstructorParameters<typeof FakeBroker>[0];

const accept: Script = (_, socket) => {
  acknowledgeAll(socket);
  socket.write(connack(0));
};
/** Accepts, and acknowledges nothing; says how many messages it lets be in flight. */
const acceptOnly =
  (receiveMaximum: number): Script =>
  (_, socket) => {
    socket.write(connack(0, [0x21, 0, receiveMaximum]));
  };

/** What the broker does, and when in that to stop. */
const states: Record<
  string,
  { script: Script; ready: (publisher: MqttPublisher, broker: FakeBroker) => boolean }
> = {
  'not connected yet': { script: () => {}, ready: () => true },
  'waiting for the CONNACK': { script: () => {}, ready: (_, broker) => broker.connections > 0 },
  'in the pause after a refusal': {
    script: (_, socket) => socket.end(connack(0x88)),
    ready: (publisher, broker) => broker.connections > 0 && !publisher.connected,
  },
  'connected, all acknowledged': {
    script: accept,
    ready: (publisher) => publisher.connected && publisher.counters().queued === 0,
  },
  'connected, just now': { script: accept, ready: (publisher) => publisher.connected },
  'connected, nothing acknowledged': { script: acceptOnly(50), ready: (publisher) => publisher.connected },
  'connected, no room in flight': { script: acceptOnly(1), ready: (publisher) => publisher.connected },
  'accepted and dropped again and again': {
    script: (_, socket) => socket.end(connack(0)),
    ready: (_, broker) => broker.connections > 2,
  },
};

t.test('close ends within two seconds in every state, and says goodbye where it can', async (t) => {
  const stopping = Object.entries(states).map(async ([name, { script, ready }]) => {
    let goodbyes = 0;
    const broker = new FakeBroker((connection, socket, connect) => {
      onPacket(socket, ({ type }) => {
        if (type === 'DISCONNECT') goodbyes += 1;
      });
      script(connection, socket, connect);
    });
    await broker.start();
    t.teardown(() => broker.stop());
    const publisher = startPublisher(t, { url: broker.url });
    for (let n = 0; n < 20; n++) publisher.publishEvent(publisher.topics.event, String(n));
    await waitFor(name, () => ready(publisher, broker));
    const begin = performance.now();
    await publisher.close();
    const tookMs = performance.now() - begin;
    t.ok(tookMs < 2000, `${name}: ${Math.round(tookMs)} ms`);
    if (script === accept) await waitFor(`${name}: goodbye`, () => goodbyes === 1, 1000);
    t.equal(publisher.connected, false);
    await delay(30); // one that was under way is counted when the broker gets to it
    const { connections } = broker;
    await delay(700);
    t.equal(broker.connections, connections, `${name}: it does not come back`);
  });
  await Promise.all(stopping);
});
