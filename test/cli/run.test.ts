import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { posePayload, statsPayload } from '../../src/mqtt/payloads.js';
import { AgentProcess } from '../support/agent-process.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { isAlive } from '../support/processes.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const topics = { pose: `${base}/cam/cam0/pose`, status: `${base}/cam/cam0/status`, state: `${base}/state` };
const blazepose = { model: { id: 'blazepose-lite' }, stats: { interval_s: 1 } };

t.test('poses, status, info and stats arrive; SIGTERM ends it cleanly', async (t) => {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return;
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const ofBefore = `${base}/cam/garden/status`;
  await observer.publish(ofBefore, '{"status":"offline"}', { retain: true });
  const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], blazepose);
  t.teardown(async () => {
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
  });
  await waitFor(
    'somebody in a pose message',
    () => observer.of(topics.pose).some(({ text }) => !text.includes('"people":[]')),
    20_000,
  );
  const fps = (): number => statsPayload.parse(observer.last(`${base}/stats`)).cameras.cam0?.process_fps ?? 0;
  await waitFor('stats of frames', () => observer.of(`${base}/stats`).length >= 2 && fps() > 1, 20_000);

  const poses = observer.of(topics.pose).map(({ text }) => posePayload.parse(JSON.parse(text)));
  for (let i = 1; i < poses.length; i++) {
    t.ok((poses[i]?.seq ?? 0) > (poses[i - 1]?.seq ?? 0), 'seq grows');
  }
  t.equal(observer.of(topics.pose)[0]?.qos, 0);
  const person = poses.find(({ people }) => people.length > 0);
  t.equal(person?.skeleton, 'blazepose33');
  t.equal(person?.people[0]?.keypoints.length, 33);
  t.equal(observer.last(topics.status)?.status, 'online');
  t.equal(observer.of(ofBefore).at(-1)?.text, '', 'what was told of a camera that is gone is taken back');
  t.match(observer.last(`${base}/info`), { models: [{ name: 'blazepose-lite' }] });
  const stats = statsPayload.parse(observer.last(`${base}/stats`));
  t.ok((stats.rss_mb.worker ?? 0) > 10, 'memory of the worker is told');
  t.ok((stats.rss_mb.capture ?? 0) > 5, 'memory of what reads the recording, too');
  t.ok((stats.cameras.cam0?.latency_ms.total?.p50 ?? 0) > 0, 'stages are timed');

  const [worker] = agent.children();
  const begin = performance.now();
  agent.child.kill('SIGTERM');
  const { code } = await agent.done;
  t.equal(code, 0);
  t.ok(performance.now() - begin < 5000, 'within 5 s');
  t.notOk(isAlive(worker as number), 'no orphan');
  const late = await MqttObserver.connect(mosquitto.url, topics.state);
  await late.waitForState(topics.state, 'stopped');
  t.ok(late.of(topics.state)[0]?.retained, '`stopped` is retained');
  await late.close();
});

t.test('a killed worker is replaced within 5 s while MQTT stays up', async (t) => {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return;
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], blazepose);
  t.teardown(async () => {
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
  });
  await waitFor('poses', () => observer.of(topics.pose).length > 5, 20_000);
  const before = observer.of(topics.pose).length;
  process.kill(agent.children()[0] as number, 'SIGKILL');
  await sleep(50);
  const ms = await waitFor('poses again', () => observer.of(topics.pose).length > before + 5, 10_000);
  t.ok(ms < 5000, `after ${Math.round(ms)} ms`);
  const states = observer.of(topics.state).map(({ text }) => (JSON.parse(text) as { state: string }).state);
  t.notOk(states.includes('offline'), 'never offline');
  const seqs = observer.of(topics.pose).map(({ text }) => (JSON.parse(text) as { seq: number }).seq);
  t.same(
    seqs,
    [...seqs].sort((a, b) => a - b),
    'numbering goes on',
  );
});

t.test('--frames ends by itself, and the broker inside the agent is used where none is named', async (t) => {
  const agent = new AgentProcess(['run', '--frames', '5', '--pace', 'max'], {
    ...blazepose,
    mqtt: { embedded_port: 0 },
  });
  const { code, stdout } = await agent.done;
  await agent.remove();
  t.equal(code, 0);
  t.match(stdout, /Subscribe to the poses:\n {2}npx mqtt sub -h 127\.0\.0\.1 -p \d+ -t 'edgepose/);
});
