import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { AgentProcess } from '../support/agent-process.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const limitMs = 60_000;

interface Beset {
  agent: AgentProcess;
  observer: MqttObserver;
  /** How many workers there were. */
  workers: () => number;
}

/** An agent whose workers send one of these each. A live camera, which nobody has to be at. */
async function beset(t: Test, kinds: readonly string[]): Promise<Beset | undefined> {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return undefined;
  const counter = join(t.testdir(), 'turn');
  writeFileSync(counter, '0');
  const preload = new URL('../support/hostile-worker.mjs', import.meta.url);
  preload.search = new URLSearchParams({ kinds: kinds.join(','), counter }).toString();
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const agent = new AgentProcess(
    ['run', '--mqtt', mosquitto.url],
    { model: { id: 'blazepose-lite' }, cameras: [{ id: 'cam0', source: 'rtsp://127.0.0.1:9/' }] },
    { environment: { NODE_OPTIONS: `--import=${preload.href}` } },
  );
  t.teardown(async () => {
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
  });
  return { agent, observer, workers: () => Number(readFileSync(counter, 'utf8')) };
}

async function answers(observer: MqttObserver): Promise<void> {
  await observer.publish(`${base}/cmd/ping`, '{"transaction":"1"}');
  await waitFor('an answer', () => observer.of(`${base}/cmd/ping/resp`).length > 0, limitMs);
}

async function survives(t: Test, kinds: readonly string[]): Promise<void> {
  const running = await beset(t, kinds);
  if (!running) return;
  const { agent, observer, workers } = running;
  const told = (): number => agent.stderr.split('"code":"WORKER_MESSAGE_INVALID"').length - 1;
  const events = () => observer.of(`${base}/event`).map(({ text }) => JSON.parse(text).type);
  await waitFor(
    `all workers sent theirs: ${agent.stderr}`,
    () => agent.child.exitCode !== null || events().includes('safe_mode'),
    limitMs,
  );
  t.equal(agent.child.exitCode, null, 'the agent lives');
  t.equal(workers(), kinds.length, 'each was ended, and another tried');
  t.ok(told() >= kinds.length, 'and each is told');
  t.equal(observer.of(`${base}/cam/cam0/pose`).length, 0, 'nothing of it is published');
  await answers(observer);
}

// Three losses are a crash loop, in which no other worker follows.
const turns = [
  ['null', 'beat', 'forEach'],
  ['pose', 'floats', 'reason'],
  ['code', 'end', 'finished'],
  ['handle', 'garbage', 'endless'],
];
for (const kinds of turns) {
  t.test(`the agent outlives workers in other hands: ${kinds.join(', ')}`, (t) => survives(t, kinds));
}

t.test('a worker that sends without end what could be costs little', async (t) => {
  const running = await beset(t, ['flood']);
  if (!running) return;
  const { agent, observer } = running;
  const statuses = (): number => observer.of(`${base}/cam/cam0/status`).length;
  // What may come at once is over.
  await waitFor('the flood', () => statuses() > 1000, limitMs);
  const before = statuses();
  const seconds = 5;
  await sleep(seconds * 1000);
  t.ok(statuses() - before < 200 * seconds, `${statuses() - before} messages in ${seconds} s`);
  await answers(observer);
  t.equal(agent.child.exitCode, null);
});
