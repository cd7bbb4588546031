import { join } from 'node:path';
import t from 'tap';
import { ConfigStore } from '../../src/config/config-store.js';
import { document } from '../config/store-operations.js';
import { AgentProcess } from '../support/agent-process.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { runFromSource } from '../support/run-from-source.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const limitMs = 30_000;
const config = { model: { id: 'blazepose-lite' }, stats: { interval_s: 60 } };

t.test('locked out, reset, and a document of version 1 is accepted: running or restarted', async (t) => {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return;
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const folder = t.testdir();
  const stateDir = join(folder, 'state');
  const lockOut = async () => {
    const store = await ConfigStore.open(stateDir);
    await store.beginProbation(document(Number.MAX_SAFE_INTEGER));
    await store.markGood();
  };
  await lockOut();
  const start = () => new AgentProcess(['run', '--mqtt', mosquitto.url], config, { folder });
  let agent = start();
  t.teardown(async () => {
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
  });
  const reset = () =>
    runFromSource(['config', 'reset', '--yes', '--config', join(folder, 'config.yaml')], { home: folder });
  const reportOf = async (version: number) => {
    const before = observer.of(`${base}/config/reported`).length;
    // Stats alone: applied without another worker.
    const text = JSON.stringify({ version, id: `doc-${version}`, config: { stats: { interval_s: 7 } } });
    await observer.publish(`${base}/config/desired`, text);
    const found = () =>
      observer
        .of(`${base}/config/reported`)
        .slice(before)
        .map((message) => JSON.parse(message.text))
        .find((report) => report.version === version && report.status !== 'applying');
    await waitFor(`a report of version ${version}`, () => found() !== undefined, limitMs);
    return found();
  };
  await observer.waitForState(`${base}/state`, 'online', limitMs);
  t.match(await reportOf(1), { status: 'rejected', code: 409 }, 'locked out');

  const live = await reset();
  t.match(live, { code: 0, stderr: '', stdout: /had been 9007199254740991/ });
  await waitFor('the event', () => observer.of(`${base}/event`).length > 0, limitMs);
  t.match(observer.last(`${base}/event`), { type: 'rollback', message: /was reset on the device/ });
  t.match(await reportOf(1), { status: 'applied', code: 200 }, 'by the agent that runs');
  t.match(agent.stderr, /remote configuration was reset on the device/);

  const stop = async () => {
    agent.child.kill('SIGTERM');
    await agent.done;
  };
  await stop();
  t.match((await ConfigStore.open(stateDir)).state.active, { version: 1 }, 'and it was stored');
  await reset();
  await lockOut();
  t.match(await reset(), { code: 0 }, 'while no agent runs');
  agent = start();
  const online = () =>
    observer.of(`${base}/state`).filter(({ text }) => text.includes('"online"')).length > 1;
  await waitFor('the next agent', online, limitMs);
  t.match(await reportOf(1), { status: 'applied', code: 200 }, 'by the next agent');
});
