import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type EventPayload, eventPayload, type StatsPayload, statsPayload } from '../../src/mqtt/payloads.js';
import { AgentProcess } from '../support/agent-process.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { writeOwnModel } from '../support/own-model.js';
import { scriptedEngine } from '../support/scripted-engine.js';
import { waitFor } from '../support/wait-for.js';

// Builds that take their time, in turn.
t.setTimeout(180_000);

const base = 'edgepose/v1/test-box';
const limitMs = 30_000;
/** Of a build that is waited for. */
const buildSeconds = 3;

interface Running {
  agent: AgentProcess;
  observer: MqttObserver;
}

/** An agent that builds a plan of a model before it opens it. */
async function start(
  t: Test,
  { code, seconds = buildSeconds, ...control }: { code?: string; seconds?: number; probation_s: number },
): Promise<Running | undefined> {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return undefined;
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const folder = t.testdir();
  const id = await writeOwnModel(folder, 'hall');
  const environment = scriptedEngine(join(folder, 'native'), {
    buildSeconds: seconds,
    ...(code && { code }),
  });
  const config = {
    model: { id, engine: 'tensorrt' },
    cameras: [{ id: 'cam0', source: 'sample:', loop: true }],
    stats: { interval_s: 1 },
    control,
  };
  const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], config, { environment });
  t.teardown(async () => {
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
  });
  return { agent, observer };
}

function events({ observer }: Running): EventPayload[] {
  return observer.of(`${base}/event`).map(({ text }) => eventPayload.parse(JSON.parse(text)));
}

function stats({ observer }: Running): StatsPayload[] {
  return observer.of(`${base}/stats`).map(({ text }) => statsPayload.parse(JSON.parse(text)));
}

t.test('a plan that is built is told in stats, as events and in the log', async (t) => {
  const running = await start(t, { probation_s: 1 });
  if (!running) return;
  const { agent, observer } = running;
  await waitFor('the build', () => stats(running).some(({ preparing }) => preparing !== null), limitMs);
  t.match(observer.last(`${base}/state`), { state: 'init' });
  await observer.waitForState(`${base}/state`, 'online', limitMs);
  await waitFor('figures', () => stats(running).at(-1)?.preparing === null, limitMs);

  const told = stats(running).flatMap(({ preparing }) => preparing ?? []);
  t.match(told[0], { model: 'hall', file: 'hall.onnx' });
  const known = told.filter(({ remaining_s }) => remaining_s !== null);
  t.ok(known.length > 0, 'the remaining time is told');
  for (const { elapsed_s, remaining_s } of known) {
    t.ok(Math.abs(elapsed_s + (remaining_s as number) - buildSeconds) <= 1, 'both make the whole');
  }
  t.match(events(running), [
    { type: 'preparing', detail: { model: 'hall', file: 'hall.onnx' } },
    { type: 'prepared', detail: { model: 'hall', file: 'hall.onnx', seconds: buildSeconds } },
  ]);
  t.notOk(
    events(running).some((event) => 'code' in event),
    'nothing is wrong',
  );
  t.match(observer.last(`${base}/info`), { versions: { tensorrt: '10.0' } });
  const lines = agent.stderr.split('\n').filter((line) => line.includes('the plan of a network is built'));
  t.equal(lines.length, 2, 'a line at its begin and one at its end');
});

t.test('a configuration whose plan takes longer than the probation is kept', async (t) => {
  // Long enough for a command to be answered meanwhile.
  const running = await start(t, { probation_s: 1, seconds: 10 });
  if (!running) return;
  const { observer } = running;
  const bench = async (transaction: string) => {
    const before = observer.of(`${base}/cmd/bench/resp`).length;
    await observer.publish(`${base}/cmd/bench`, JSON.stringify({ seconds: 1, transaction }));
    await waitFor('the answer', () => observer.of(`${base}/cmd/bench/resp`).length > before, limitMs);
    return observer.last(`${base}/cmd/bench/resp`);
  };
  await waitFor('the first build', () => events(running).length > 0, limitMs);
  t.match(await bench('a'), { status: 'error', code: 503, message: /not open yet \(DEPLOYMENT_BUSY\)/ });
  await observer.waitForState(`${base}/state`, 'online', limitMs);
  const document = JSON.stringify({ version: 1, id: 'slow', config: { model: { precision: 'f32' } } });
  await observer.publish(`${base}/config/desired`, document, { retain: true });
  const reported = () => observer.last(`${base}/config/reported`);
  await waitFor(
    'the build',
    () => events(running).filter(({ type }) => type === 'preparing').length === 2,
    limitMs,
  );
  t.match(await bench('b'), { status: 'error', code: 503, message: /on probation/ });
  await waitFor('the verdict', () => !['applying', undefined].includes(reported()?.status as never), limitMs);
  t.match(reported(), { status: 'applied', version: 1 });
});

t.test('memory that runs out at the end of each build is a crash loop', async (t) => {
  const running = await start(t, { probation_s: 1, code: 'ENGINE_OUT_OF_MEMORY' });
  if (!running) return;
  await waitFor('safe mode', () => events(running).some(({ type }) => type === 'safe_mode'), limitMs);
  const types = events(running).map(({ type }) => type);
  t.equal(types.filter((type) => type === 'oom').length, 3, 'each loss is told as what it is');
  t.equal(types.filter((type) => type === 'preparing').length, 3, 'each worker tried');
  t.notOk(types.includes('prepared'));
  t.match(events(running).at(-1), { code: 'ENGINE_OUT_OF_MEMORY' });
  await waitFor('figures', () => stats(running).at(-1)?.preparing === null, limitMs);
});
