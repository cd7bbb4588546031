import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { AgentProcess } from '../support/agent-process.js';
import { CommandClient } from '../support/command-client.js';
import { startHttpFileServer } from '../support/http-file-server.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { requireSharedData } from '../support/shared-data.js';
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

/** Waits for a pose of a model. */
async function posesOf({ observer }: Device, model: string): Promise<void> {
  const seen = observer.messages.length;
  const found = (): boolean =>
    observer.messages
      .slice(seen)
      .some(({ topic, text }) => topic.endsWith('/pose') && JSON.parse(text).model === model);
  await waitFor(`poses of ${model}`, found, limitMs);
}

t.test('a signed update is fetched, proves itself, and one that cannot run is left again', async (t) => {
  const shared = requireSharedData(t);
  if (shared === undefined) return;
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  const publisher = new UpdatePublisher(server);
  const device = await start(t, { model: { id: 'auto' }, updates: publisher.policy });
  if (!device) return;
  const { client, observer } = device;
  await posesOf(device, 'blazepose-full');

  const network = join(shared, 'models/human-pose-estimation-0001/FP16-INT8/human-pose-estimation-0001');
  const [xml, bin] = [readFileSync(`${network}.xml`), readFileSync(`${network}.bin`)];
  const good = publisher.publish({ version: 1, xml, bin });
  t.match(await client.ask('models-pull', { manifest: good }), { status: 'ok', data: { name: 'hall@1' } });
  t.match(await client.ask('models-activate', { name: 'hall' }), {
    status: 'ok',
    data: { active: 'hall@1' },
  });
  await posesOf(device, 'hall');
  t.match(
    await client.ask('models-pull', { manifest: good }),
    { status: 'ok' },
    'the same again does nothing',
  );

  const broken = publisher.publish({ version: 2 });
  t.match(await client.ask('models-pull', { manifest: broken }), { status: 'ok', data: { version: 2 } });
  let answer = await client.ask('models-activate', { name: 'hall@2' });
  while (answer.code === 503) {
    await sleep(500); // hall@1 is still on probation
    answer = await client.ask('models-activate', { name: 'hall@2' });
  }
  t.match(answer, { status: 'ok' });
  const begin = performance.now();
  await waitFor('the roll-back', () => observer.last(`${base}/event`)?.type === 'rollback', limitMs);
  await posesOf(device, 'hall');
  t.ok(performance.now() - begin < 10_000, 'within 10 s');
  answer = await client.ask('models-list');
  t.match(answer, { data: { active: 'hall@1' } });
});
