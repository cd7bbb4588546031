import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { AgentProcess } from '../support/agent-process.js';
import { CommandClient } from '../support/command-client.js';
import { reached } from '../support/fault-figure.js';
import { startHttpFileServer } from '../support/http-file-server.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';
import { UpdatePublisher } from '../support/update-publisher.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const limitMs = 30_000;

interface Device {
  agent: AgentProcess;
  observer: MqttObserver;
  client: CommandClient;
}

async function start(t: Test, config: Record<string, unknown>): Promise<Device | undefined> {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return undefined;
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const client = await CommandClient.connect(mosquitto.url, base);
  const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], {
    control: { probation_s: 3 },
    ...config,
  });
  t.teardown(async () => {
    await client.close();
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
  });
  return { agent, observer, client };
}

interface Network {
  xml: Buffer;
  bin: Buffer;
}

/** Both files of a network of that name among the golden data. */
function network(shared: string, name: string): Network {
  const path = join(shared, 'models', name, 'FP16-INT8', name);
  return { xml: readFileSync(`${path}.xml`), bin: readFileSync(`${path}.bin`) };
}

/** Waits for a pose of a model. */
async function posesOf({ observer }: Device, model: string): Promise<void> {
  const seen = observer.messages.length;
  const found = (): boolean =>
    observer.messages
      .slice(seen)
      .some(({ topic, text }) => topic.endsWith('/pose') && JSON.parse(text).model === model);
  await waitFor(`poses of ${model}`, found, limitMs);
}

/** Activates a model that is installed, once the one before it has proved itself. */
async function activate({ client }: Device, name: string): Promise<void> {
  let answer = await client.ask('models-activate', { name });
  while (answer.code === 503) {
    await sleep(500);
    answer = await client.ask('models-activate', { name });
  }
  if (answer.status !== 'ok') throw new Error(`${name} is not activated: ${answer.message}`);
}

t.test(
  'a signed update is fetched, proves itself, and one that cannot run is left again',
  { skip: withoutSharedData },
  async (t) => {
    const shared = sharedData();
    const server = await startHttpFileServer();
    t.teardown(() => server.close());
    const publisher = new UpdatePublisher(server);
    const device = await start(t, { model: { id: 'auto' }, updates: publisher.policy });
    if (!device) return;
    const { client, observer } = device;
    await posesOf(device, 'blazepose-full');

    const good = publisher.publish({ version: 1, ...network(shared, 'human-pose-estimation-0001') });
    t.match(await client.ask('models-pull', { manifest: good }), { status: 'ok', data: { name: 'hall@1' } });
    const [first] = device.agent.children();
    t.match(await client.ask('models-activate', { name: 'hall' }), {
      status: 'ok',
      data: { active: 'hall@1' },
    });
    await posesOf(device, 'hall');
    const kept = device.agent.children().filter((pid) => pid === first).length;
    reached(t, { fault: 'teardown', what: 'models swapped in the same worker', value: kept, exactly: 0 });
    t.match(
      await client.ask('models-pull', { manifest: good }),
      { status: 'ok' },
      'the same again does nothing',
    );

    const broken = [
      { version: 2, what: 'no network' },
      {
        version: 3,
        what: 'a network with other outputs',
        ...network(shared, 'person-detection-retail-0013'),
      },
    ];
    const backAfter: number[] = [];
    for (const { what, ...draft } of broken) {
      const name = `hall@${draft.version}`;
      const manifest = publisher.publish(draft);
      t.match(await client.ask('models-pull', { manifest }), { status: 'ok', data: { name } }, what);
      await activate(device, name);
      const begin = performance.now();
      const rollbacks = () => observer.of(`${base}/event`).filter(({ text }) => text.includes('"rollback"'));
      await waitFor('the roll-back', () => rollbacks().length > backAfter.length, limitMs);
      await posesOf(device, 'hall');
      backAfter.push((performance.now() - begin) / 1000);
      t.match(await client.ask('models-list'), { data: { active: 'hall@1' } });
    }
    t.match(device.agent.stderr, /MODEL_SHAPE_MISMATCH/, 'which nobody knew before it was opened');
    const slowest = Math.max(...backAfter);
    const what = 'previous model back after';
    reached(t, { fault: 'bad_model', what, value: slowest, unit: 's', atMost: 10 });
  },
);
