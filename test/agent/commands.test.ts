import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { commandSchemas } from '../../src/mqtt/commands.js';
import { AgentProcess } from '../support/agent-process.js';
import { CommandClient } from '../support/command-client.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const limitMs = 30_000;

t.test('every command does what it says', async (t) => {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return;
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const client = await CommandClient.connect(mosquitto.url, base);
  const config = { model: { id: 'blazepose-lite' }, control: { allow_snapshot: true, probation_s: 2 } };
  const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], config);
  t.teardown(async () => {
    await client.close();
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
  });
  const poses = async (): Promise<void> => {
    const before = observer.of(`${base}/cam/cam0/pose`).length;
    await waitFor('poses', () => observer.of(`${base}/cam/cam0/pose`).length > before + 3, limitMs);
  };
  await poses();
  const done = async (name: keyof typeof commandSchemas, args: object = {}) => {
    const answer = await client.ask(name, args);
    t.match(answer, { status: 'ok', code: 200 }, `${name}: ${answer.message ?? 'ok'}`);
    t.ok(commandSchemas[name].data.safeParse(answer.data).success, `${name} answers as documented`);
    return answer.data as Record<string, unknown>;
  };

  t.ok(((await done('ping')).uptime_s as number) >= 0);
  t.match(await done('info'), { models: [{ name: 'blazepose-lite' }] });
  t.match(await done('config-validate', { config: { pose: { min_score: 0.5 } } }), {
    valid: true,
    errors: [],
  });
  const invalid = await done('config-validate', { config: { pose: { min_score: 5 } } });
  t.match(invalid, { valid: false, errors: [{ path: 'pose.min_score' }] });
  t.match(await done('log-level', { level: 'debug', seconds: 1 }), { level: 'debug' });
  t.ok(((await done('bench', { seconds: 1 })).fps as number) > 1);
  t.match(await done('models-list'), { active: 'blazepose-lite' });

  for (const overlay of [false, true]) {
    const { jpeg, width, height } = await done('snapshot', { camera: 'cam0', overlay });
    t.same([width, height], [960, 540]);
    t.equal(Buffer.from(jpeg as string, 'base64').readUInt16BE(), 0xffd8, 'a JPEG');
  }
  t.match(await client.ask('snapshot', { camera: 'cam9' }), { status: 'error', code: 404 });
  t.match(await client.ask('models-activate', { name: 'nothing' }), { status: 'error', code: 409 });
  t.match(await client.ask('models-pull', { manifest: 'https://h/m' }), { status: 'error', code: 403 });
  t.match(await client.ask('models-rollback'), { status: 'error', code: 409 }, 'nothing was activated');
  const other = { status: 'error', code: 409 };
  t.match(await client.ask('models-activate', { name: 'blazepose-full' }), other, 'model.id names another');
  const { active } = await done('models-activate', { name: 'blazepose-lite' });
  t.match(active, /^blazepose-lite\//);
  // Before its model is open a roll-back would end the trial.
  await poses();
  t.match(await client.ask('models-rollback'), { status: 'error', code: 503 }, 'it is on probation');
  await sleep(3000);
  await done('models-rollback');

  await done('reload');
  const [worker] = agent.children();
  await done('restart');
  await waitFor('another worker', () => agent.children()[0] !== worker, limitMs);
  await poses();
});

t.test('a picture of people is not given away unless the local file allows it', async (t) => {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return;
  const client = await CommandClient.connect(mosquitto.url, base);
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], { model: { id: 'blazepose-lite' } });
  t.teardown(async () => {
    await client.close();
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
  });
  await waitFor('poses', () => observer.of(`${base}/cam/cam0/pose`).length > 0, limitMs);
  t.match(await client.ask('snapshot', { camera: 'cam0' }), { status: 'error', code: 403 });
});
