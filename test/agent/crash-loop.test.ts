import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { AgentProcess } from '../support/agent-process.js';
import { reached } from '../support/fault-figure.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const limitMs = 30_000;
const fault = 'crash_loop';

interface Running {
  agent: AgentProcess;
  observer: MqttObserver;
}

async function start(t: Test, environment: NodeJS.ProcessEnv = {}): Promise<Running | undefined> {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return undefined;
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const agent = new AgentProcess(
    ['run', '--mqtt', mosquitto.url],
    { model: { id: 'blazepose-lite' } },
    { environment },
  );
  t.teardown(async () => {
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
  });
  await poses({ agent, observer });
  return { agent, observer };
}

async function poses({ observer }: Running): Promise<void> {
  const count = (): number => observer.of(`${base}/cam/cam0/pose`).length;
  const before = count();
  await waitFor('poses', () => count() > before + 3, limitMs);
}

/** Lets three workers die of a segmentation fault, each as soon as it is there. */
async function crashLoop({ agent }: Running): Promise<void> {
  const killed = new Set<number>();
  while (killed.size < 3) {
    const worker = agent.children().find((pid) => !killed.has(pid));
    if (worker === undefined) {
      await sleep(20);
      continue;
    }
    process.kill(worker, 'SIGSEGV');
    killed.add(worker);
  }
}

async function desire({ observer }: Running, version: number, config: object): Promise<void> {
  const document = JSON.stringify({ version, id: 'test', config });
  await observer.publish(`${base}/config/desired`, document, { retain: true });
}

t.test('a worker that ends by itself is replaced, whatever its exit code', async (t) => {
  const preload = resolve(import.meta.dirname, '../support/exit-on-usr2.mjs');
  const running = await start(t, { NODE_OPTIONS: `--import=${preload}` });
  if (!running) return;
  const [first] = running.agent.children();
  process.kill(first as number, 'SIGUSR2');
  await waitFor('another', () => running.agent.children().some((pid) => pid !== first), limitMs);
  await poses(running);
});

t.test('a worker that crashes again and again is left alone; the agent stays within reach', async (t) => {
  const running = await start(t);
  if (!running) return;
  const { agent, observer } = running;
  await crashLoop(running);
  const event = (): Record<string, unknown> | undefined =>
    observer
      .of(`${base}/event`)
      .map(({ text }) => JSON.parse(text) as Record<string, unknown>)
      .find(({ type }) => type === 'safe_mode');
  await waitFor('safe mode', () => event() !== undefined, limitMs);
  await sleep(3000);
  reached(t, { fault, what: 'workers in safe mode', value: agent.children().length, exactly: 0 });
  t.match(observer.last(`${base}/state`), { state: 'degraded' });
  t.match(observer.last(`${base}/cam/cam0/status`), { status: 'offline' });
  const pings = 3;
  for (let n = 1; n <= pings; n++) await observer.publish(`${base}/cmd/ping`, `{"transaction":"${n}"}`);
  const answers = () =>
    observer.of(`${base}/cmd/ping/resp`).filter(({ text }) => JSON.parse(text).status === 'ok');
  await waitFor('answers', () => answers().length === pings, limitMs);
  reached(t, { fault, what: 'pings answered there', value: answers().length, exactly: pings });

  await desire(running, 1, { pose: { min_score: 0.01 } });
  await poses(running);
  t.match(observer.last(`${base}/state`), { state: 'online' }, 'another configuration gets it going again');
});

t.test('a configuration whose worker crashes is rolled back at the third time', async (t) => {
  const running = await start(t);
  if (!running) return;
  const { agent, observer } = running;
  const [first] = agent.children();
  await desire(running, 1, { pose: { min_score: 0.01 } });
  await waitFor('another worker', () => agent.children().some((pid) => pid !== first), limitMs);
  const begin = performance.now();
  await crashLoop(running);
  const reported = `${base}/config/reported`;
  await waitFor('the roll-back', () => observer.last(reported)?.status === 'rolled_back', limitMs);
  const seconds = (performance.now() - begin) / 1000;
  t.ok(seconds < 10, 'long before the probation ends');
  reached(t, {
    fault,
    what: 'rolled back, three losses included, after',
    value: seconds,
    unit: 's',
    atMost: 60,
  });
  await poses(running);
});
