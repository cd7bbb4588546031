import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { AgentProcess } from '../support/agent-process.js';
import { atScale, reached } from '../support/fault-figure.js';
import { Mosquitto } from '../support/mosquitto.js';
import { NotifySocket } from '../support/notify-socket.js';
import { waitFor } from '../support/wait-for.js';

/** WatchdogSec= of the unit is 30 s; a shorter one makes the pings come at shorter intervals. */
const limitSeconds = atScale({ few: 3, tenth: 6, full: 30 });
const absentSeconds = atScale({ few: 10, tenth: 60, full: 600 });
const limitMs = limitSeconds * 1000;
/** For what has no bound of its own. */
const patienceMs = 60_000;
const absentCamera = { cameras: [{ id: 'cam0', source: 'rtsp://127.0.0.1:1/none' }] };

// They mostly wait.
t.jobs = 6;
t.setTimeout((absentSeconds + 120) * 1000);

/** An agent and what it tells its service manager. */
class Service {
  readonly agent: AgentProcess;
  readonly #socket: NotifySocket;

  private constructor(agent: AgentProcess, socket: NotifySocket) {
    this.agent = agent;
    this.#socket = socket;
  }

  static async start(
    t: Test,
    config: Record<string, unknown>,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Service> {
    const socket = await NotifySocket.open(`@edge-pose-agent-${process.pid}-${Math.random()}`);
    const agent = new AgentProcess(
      ['run'],
      { model: { id: 'blazepose-lite' }, mqtt: { url: 'mqtt://127.0.0.1:1' }, ...config },
      {
        environment: {
          NOTIFY_SOCKET: socket.address,
          WATCHDOG_USEC: String(limitSeconds * 1e6),
          ...environment,
        },
      },
    );
    t.teardown(async () => {
      agent.child.kill('SIGCONT');
      await agent.remove();
      await socket.close();
    });
    return new Service(agent, socket);
  }

  /** Milliseconds until READY. */
  ready(): Promise<number> {
    return waitFor('READY', () => this.#socket.texts.includes('READY=1'), patienceMs);
  }

  /** When each ping came, in ms of performance.now(). */
  get pings(): number[] {
    return this.#socket.received.filter(({ text }) => text === 'WATCHDOG=1').map(({ atMs }) => atMs);
  }

  /** The worker's process id, as soon as there is one but `before`. */
  async worker(before?: number): Promise<number> {
    const found = (): number | undefined => this.agent.children().find((pid) => pid !== before);
    await waitFor('a worker', () => found() !== undefined, patienceMs);
    return found() as number;
  }

  /** As worker(), when its model is open and its heart beats. */
  async runningWorker(): Promise<number> {
    await waitFor('the model', () => this.agent.stderr.includes('"model open"'), patienceMs);
    return this.worker();
  }

  /** How often the service manager would have ended it, from `since` until now. */
  missed(since: number): number {
    const times = [since, ...this.pings.filter((at) => at > since), performance.now()];
    return times.slice(1).filter((at, i) => at - (times[i] as number) > limitMs).length;
  }

  /** Waits until it has been silent for the watchdog's limit; returns how long after `since` its last ping came, in s. */
  async silence(since: number): Promise<number> {
    const last = (): number => Math.max(since, ...this.pings);
    await waitFor('silence', () => performance.now() - last() > limitMs, patienceMs + limitMs);
    return (last() - since) / 1000;
  }

  /** Resolves when it pings again. */
  async pingsAgain(): Promise<void> {
    const before = this.pings.length;
    await waitFor('another ping', () => this.pings.length > before, patienceMs);
  }
}

function preload(script: string): NodeJS.ProcessEnv {
  return { NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, '../support', script))}` };
}

function figure(t: Test, what: string, bound: { value: number; atMost?: number; exactly?: number }): void {
  reached(t, { fault: 'watchdog', what, ...(bound.atMost === undefined ? {} : { unit: 's' }), ...bound });
}

t.test('ready without camera, broker and model', { buffered: true }, async (t) => {
  const service = await Service.start(
    t,
    { ...absentCamera, model: { id: 'human-pose-estimation-0001' } },
    { POSE_AGENT_MODEL_MIRROR: '' },
  );
  const ms = await service.ready();
  figure(t, 'ready without camera, broker and model after', { value: ms / 1000, atMost: 10 });
  await service.pingsAgain();
  t.match(service.agent.stderr, /MODEL_NOT_INSTALLED/);
});

t.test('a camera that stays away restarts nothing', { buffered: true }, async (t) => {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return;
  t.teardown(() => mosquitto.stop());
  const service = await Service.start(t, { ...absentCamera, mqtt: { url: mosquitto.url } });
  await service.ready();
  const since = performance.now();
  const worker = await service.runningWorker();
  await waitFor('its absence', () => service.agent.stderr.includes('CAMERA_OPEN_FAILED'), patienceMs);
  await sleep(absentSeconds * 1000);
  const { exitCode } = service.agent.child;
  const [now] = service.agent.children();
  figure(t, `restarts while the camera was away for ${absentSeconds} s`, {
    value: Number(exitCode !== null) + Number(now !== worker),
    exactly: 0,
  });
  figure(t, 'missed pings meanwhile', { value: service.missed(since), exactly: 0 });
});

t.test('a worker that hangs is replaced, and the service lives on', { buffered: true }, async (t) => {
  const service = await Service.start(t, absentCamera);
  await service.ready();
  const worker = await service.runningWorker();
  const since = performance.now();
  process.kill(worker, 'SIGSTOP');
  await service.worker(worker);
  figure(t, 'a worker that hangs is replaced after', {
    value: (performance.now() - since) / 1000,
    atMost: 12,
  });
  await service.pingsAgain();
  figure(t, 'missed pings when a worker hung', { value: service.missed(since), exactly: 0 });
});

t.test('an agent that is stopped is silent', { buffered: true }, async (t) => {
  const service = await Service.start(t, absentCamera);
  await service.ready();
  const since = performance.now();
  service.agent.child.kill('SIGSTOP');
  figure(t, 'last ping of a stopped agent after', { value: await service.silence(since), atMost: 10 });
  service.agent.child.kill('SIGCONT');
  await service.pingsAgain();
});

t.test('an agent whose event loop is blocked is silent', { buffered: true }, async (t) => {
  const service = await Service.start(t, absentCamera, preload('block-on-signal.mjs'));
  await service.ready();
  await service.runningWorker();
  const since = performance.now();
  service.agent.child.kill('SIGUSR2');
  figure(t, 'last ping of a blocked agent after', { value: await service.silence(since), atMost: 10 });
  t.equal(service.agent.child.exitCode, null, 'though it lives');
});

t.test('an agent that cannot end its worker is silent', { buffered: true }, async (t) => {
  const service = await Service.start(t, absentCamera, preload('unkillable-children.mjs'));
  await service.ready();
  const worker = await service.runningWorker();
  const since = performance.now();
  process.kill(worker, 'SIGSTOP');
  // Ten seconds until the worker is to be ended, ten until that should have been done, and the ping's own way.
  figure(t, 'last ping with a worker that cannot be ended after', {
    value: await service.silence(since),
    atMost: 20.5,
  });
  t.same(service.agent.children(), [worker], 'it is there still');
  process.kill(worker, 'SIGKILL');
  await service.pingsAgain();
});
