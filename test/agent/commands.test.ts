import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import t from 'tap';
import { commandSchemas } from '../../src/mqtt/commands.js';
import { AgentProcess } from '../support/agent-process.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const limitMs = 30_000;

interface Answer {
  status: string;
  code: number;
  data?: Record<string, unknown>;
  message?: string;
}

let next = 0;

/** Asks over MQTT 5 and waits for the answer. */
async function ask(client: MqttClient, name: string, args: object = {}): Promise<Answer> {
  const responseTopic = `edgepose/client/test/${next++}`;
  await client.subscribeAsync(responseTopic, { qos: 1 });
  const answered = new Promise<Answer>((resolve) => {
    const listen = (topic: string, payload: Buffer): void => {
      if (topic !== responseTopic) return;
      client.off('message', listen);
      resolve(JSON.parse(payload.toString()) as Answer);
    };
    client.on('message', listen);
  });
  await client.publishAsync(`${base}/cmd/${name}`, JSON.stringify(args), {
    qos: 1,
    properties: { responseTopic, correlationData: Buffer.from(String(next)) },
  });
  return answered;
}

t.test('every command does what it says', async (t) => {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return;
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const client = await connectAsync(mosquitto.url, { protocolVersion: 5 });
  const config = { model: { id: 'blazepose-lite' }, control: { allow_snapshot: true, probation_s: 2 } };
  const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], config);
  t.teardown(async () => {
    await client.endAsync();
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
    const answer = await ask(client, name, args);
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
  t.match(await ask(client, 'snapshot', { camera: 'cam9' }), { status: 'error', code: 404 });
  t.match(await ask(client, 'models-activate', { name: 'nothing' }), { status: 'error', code: 404 });
  t.match(await ask(client, 'models-pull', { manifest: 'https://h/m' }), { status: 'error', code: 403 });
  t.match(await ask(client, 'models-rollback'), { status: 'error', code: 409 }, 'nothing was activated');
  const other = { status: 'error', code: 409 };
  t.match(await ask(client, 'models-activate', { name: 'blazepose-full' }), other, 'model.id names another');
  const { active } = await done('models-activate', { name: 'blazepose-lite' });
  t.match(active, /^blazepose-lite\//);
  t.match(await ask(client, 'models-rollback'), { status: 'error', code: 503 }, 'it is on probation');
  await poses();
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
  const client = await connectAsync(mosquitto.url, { protocolVersion: 5 });
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], { model: { id: 'blazepose-lite' } });
  t.teardown(async () => {
    await client.endAsync();
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
  });
  await waitFor('poses', () => observer.of(`${base}/cam/cam0/pose`).length > 0, limitMs);
  t.match(await ask(client, 'snapshot', { camera: 'cam0' }), { status: 'error', code: 403 });
});
