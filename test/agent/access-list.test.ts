import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { eventPayload } from '../../src/mqtt/payloads.js';
import { AgentProcess } from '../support/agent-process.js';
import { acknowledgeAll, connack, FakeBroker, onPacket, packetId, suback } from '../support/fake-broker.js';
import { reached } from '../support/fault-figure.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const fault = 'tls';
const config = { model: { id: 'blazepose-lite' } };
const limitMs = 30_000;

t.test('a broker that lets the agent publish only some topics', async (t) => {
  const accessList = join(t.testdir(), 'access-list');
  const rules = ['read #', `write ${base}/state`, `write ${base}/event`, `write ${base}/cam/cam0/pose`];
  writeFileSync(accessList, rules.map((rule) => `topic ${rule}\n`).join(''));
  const broker = await Mosquitto.require(t, [`acl_file ${accessList}`]);
  if (broker === undefined) return;
  const observer = await MqttObserver.connect(broker.url, `${base}/#`);
  const agent = new AgentProcess(['run', '--mqtt', broker.url], config);
  t.teardown(async () => {
    await observer.close();
    await agent.remove();
    await broker.stop();
  });
  await waitFor('poses', () => observer.of(`${base}/cam/cam0/pose`).length > 3, limitMs);
  const told = () =>
    observer.of(`${base}/event`).filter(({ text }) => {
      const { type, code, message } = eventPayload.parse(JSON.parse(text));
      return type === 'mqtt' && code === 'MQTT_REFUSED' && message.includes(`${base}/info`);
    });
  await waitFor('the event', () => told().length > 0, limitMs);
  reached(t, { fault, what: 'refused publications told as events', value: told().length, exactly: 1 });
  t.equal(agent.child.exitCode, null, 'it lives');
});

t.test('a broker that refuses every subscription of the agent', async (t) => {
  const events: string[] = [];
  const broker = new FakeBroker((_, socket) => {
    acknowledgeAll(socket);
    onPacket(socket, (packet) => {
      if (packet.type === 'SUBSCRIBE') socket.write(suback(packetId(packet), 0x87));
      if (packet.type === 'PUBLISH' && packet.body.includes(`${base}/event`)) events.push(`${packet.body}`);
    });
    socket.write(connack(0));
  });
  await broker.start();
  const agent = new AgentProcess(['run', '--mqtt', broker.url], config);
  t.teardown(async () => {
    await agent.remove();
    await broker.stop();
  });
  const told = () => events.filter((text) => /MQTT_REFUSED.*subscription to .*cmd/.test(text));
  await waitFor('the event', () => told().length > 0, limitMs);
  reached(t, { fault, what: 'refused subscriptions told as events', value: told().length, exactly: 1 });
  t.equal(agent.child.exitCode, null, 'it lives');
  t.equal(broker.connections, 1, 'on the same connection');
});
