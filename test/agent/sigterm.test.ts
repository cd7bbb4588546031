import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { AgentProcess, type AgentProcessOptions } from '../support/agent-process.js';
import { atScale, reached } from '../support/fault-figure.js';
import { stall, startHttpFileServer } from '../support/http-file-server.js';
import { MjpegServer } from '../support/mjpeg-server.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { isAlive } from '../support/processes.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const limitMs = 30_000;
const stopsOfState = atScale({ few: 1, tenth: 2, full: 20 });
const config = { model: { id: 'blazepose-lite' }, control: { probation_s: 60 } };

/** Answers whether somebody is there, and then nothing any more: OpenCV waits for it inside one call. */
class SilentRtspServer {
  readonly #server: Server;
  connections = 0;

  constructor() {
    this.#server = createServer((socket) => {
      const isFirst = this.connections++ === 0;
      socket.on('error', () => {});
      if (isFirst) socket.on('data', () => socket.write('RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n'));
    });
  }

  async start(t: Test): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => this.#server.close());
    const address = this.#server.address();
    return `rtsp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/live`;
  }
}

/** A broker, and the agents that are started beside it and stopped again, one after the other. */
class Scene {
  readonly mosquitto: Mosquitto;
  agent!: AgentProcess;
  /** Of the present agent. */
  observer!: MqttObserver;

  constructor(mosquitto: Mosquitto) {
    this.mosquitto = mosquitto;
  }

  start(more: Record<string, unknown> = {}, options?: AgentProcessOptions): void {
    this.agent = new AgentProcess(['run', '--mqtt', this.mosquitto.url], { ...config, ...more }, options);
  }

  /** Starts one and waits for its first poses. */
  async startRunning(options?: AgentProcessOptions): Promise<void> {
    this.start({}, options);
    await this.until('poses', () => this.observer.of(`${base}/cam/cam0/pose`).length > 3);
  }

  get worker(): number {
    return this.agent.children()[0] as number;
  }

  until(what: string, condition: () => boolean): Promise<number> {
    return waitFor(what, condition, limitMs);
  }
}

/** What the agent is at when it is told to stop. */
interface State {
  name: string;
  /** Whether `stopped` reaches the broker: always, never, or only if the agent was connected by then. */
  tells: 'always' | 'never' | 'if connected';
  /** Starts an agent and resolves when it is in this state. */
  bringAbout(scene: Scene, t: Test): Promise<void>;
}

const states: readonly State[] = [
  {
    name: 'starting',
    tells: 'if connected',
    async bringAbout(scene) {
      scene.start();
      // Until Node runs the first line of the program, the kernel's own way of ending it applies.
      await scene.until('the program runs', () => scene.agent.stderr !== '');
      await sleep(Math.random() * 500);
    },
  },
  {
    name: 'opening the model',
    tells: 'always',
    async bringAbout(scene) {
      scene.start();
      await scene.until('the birth', () => scene.observer.last(`${base}/state`)?.state === 'init');
    },
  },
  { name: 'running', tells: 'always', bringAbout: (scene) => scene.startRunning() },
  {
    name: 'broker unreachable',
    tells: 'never',
    async bringAbout(scene) {
      await scene.mosquitto.kill();
      scene.start();
      await scene.until('an attempt', () => scene.agent.stderr.includes('no MQTT connection'));
    },
  },
  {
    name: 'broker gone, events queued',
    tells: 'never',
    async bringAbout(scene) {
      await scene.startRunning();
      await scene.mosquitto.kill();
      process.kill(scene.worker, 'SIGKILL');
      await scene.until('the loss', () => scene.agent.stderr.includes('was ended by SIGKILL'));
    },
  },
  {
    name: 'broker silent, events unacknowledged',
    tells: 'never',
    async bringAbout(scene) {
      await scene.startRunning();
      scene.mosquitto.freeze();
      process.kill(scene.worker, 'SIGKILL');
      await scene.until('the loss', () => scene.agent.stderr.includes('was ended by SIGKILL'));
    },
  },
  {
    name: 'camera hangs',
    tells: 'always',
    async bringAbout(scene, t) {
      const camera = await new MjpegServer().start();
      t.teardown(() => camera.stop());
      scene.start({ cameras: [{ id: 'cam0', source: camera.url }] });
      const status = (): unknown => scene.observer.last(`${base}/cam/cam0/status`)?.status;
      await scene.until('online', () => status() === 'online');
      camera.stalled = true;
      await sleep(500);
    },
  },
  {
    name: 'camera hangs in native code',
    tells: 'always',
    async bringAbout(scene, t) {
      const camera = new SilentRtspServer();
      scene.start({ cameras: [{ id: 'cam0', source: await camera.start(t) }] });
      await scene.until('the call', () => camera.connections > 1);
    },
  },
  {
    name: 'worker stopped',
    tells: 'always',
    async bringAbout(scene) {
      await scene.startRunning();
      process.kill(scene.worker, 'SIGSTOP');
    },
  },
  {
    name: 'configuration on probation',
    tells: 'always',
    async bringAbout(scene) {
      await scene.startRunning();
      const document = { version: 1, id: 'a', config: { pose: { min_score: 0.1 } } };
      await scene.observer.publish(`${base}/config/desired`, JSON.stringify(document));
      const reported = () => scene.observer.last(`${base}/config/reported`);
      await scene.until('probation', () => reported()?.status === 'applying');
      await sleep(Math.random() * 1000);
    },
  },
  {
    name: 'pulling a model',
    tells: 'always',
    async bringAbout(scene, t) {
      const server = await startHttpFileServer();
      t.teardown(() => server.close());
      const path = '/human-pose-estimation-0001/FP16-INT8/human-pose-estimation-0001.xml';
      server.on(path, stall(Buffer.alloc(1000), 100));
      await scene.startRunning({ environment: { POSE_AGENT_MODEL_MIRROR: server.url } });
      await scene.observer.publish(`${base}/cmd/models-pull`, '{"name":"human-pose-estimation-0001"}');
      await scene.until('the download', () => server.log.length > 0);
    },
  },
];

interface Stop {
  code: number | null;
  seconds: number;
  orphans: number;
  /** Whether another state than `stopped` is what late subscribers see. */
  untrue: boolean;
}

async function stop(scene: Scene, state: State, t: Test): Promise<Stop> {
  const { mosquitto } = scene;
  scene.observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  t.teardown(() => scene.agent.remove());
  await state.bringAbout(scene, t);
  const { agent } = scene;
  const children = agent.children();
  const begin = performance.now();
  agent.child.kill('SIGTERM');
  const { code, stderr } = await agent.done;
  const seconds = (performance.now() - begin) / 1000;
  const orphans = children.filter(isAlive).length;
  if (code !== 0 || orphans > 0) t.comment(stderr);
  await scene.observer.close();
  await agent.remove();
  if (state.tells === 'never') {
    await mosquitto.kill();
    await mosquitto.start();
    return { code, seconds, orphans, untrue: false };
  }
  const retained = await takeRetainedState(mosquitto);
  const mayBeNone = state.tells === 'if connected';
  return { code, seconds, orphans, untrue: retained !== 'stopped' && !(mayBeNone && retained === '') };
}

/** The state that late subscribers see, '' for none; takes it away, so that the next agent begins anew. */
async function takeRetainedState({ url }: Mosquitto): Promise<unknown> {
  const observer = await MqttObserver.connect(url, `${base}/state`);
  await sleep(100);
  const state = observer.last(`${base}/state`)?.state ?? '';
  await observer.publish(`${base}/state`, '', { retain: true });
  await observer.close();
  return state;
}

const stops: Stop[] = [];

t.setTimeout(600_000);

t.test('in every state', { timeout: 3_000_000 }, async (t) => {
  // Each has a broker of its own, and waits more than it works.
  t.jobs = 3;
  for (const state of states) {
    t.test(state.name, { buffered: true, timeout: 3_000_000 }, async (t) => {
      const mosquitto = await Mosquitto.require(t);
      if (!mosquitto) return;
      const scene = new Scene(mosquitto);
      t.teardown(() => mosquitto.stop());
      for (let i = 0; i < stopsOfState; i++) {
        const one = await stop(scene, state, t);
        stops.push(one);
        t.match(one, { code: 0, orphans: 0, untrue: false }, `after ${one.seconds.toFixed(2)} s`);
      }
    });
  }
});

t.test('every stop', async (t) => {
  if (stops.length === 0) return; // there is no broker, which is told above
  const count = (what: string, is: (one: Stop) => boolean): void =>
    reached(t, { fault: 'sigterm', what, value: stops.filter(is).length, exactly: 0 });
  const slowest = Math.max(...stops.map(({ seconds }) => seconds));
  const least = states.length * stopsOfState;
  reached(t, { fault: 'sigterm', what: 'stops', value: stops.length, atLeast: least });
  reached(t, { fault: 'sigterm', what: 'the slowest', value: slowest, unit: 's', atMost: 5 });
  count('with an error', ({ code }) => code !== 0);
  count('with an orphan', ({ orphans }) => orphans > 0);
  count('without `stopped`', ({ untrue }) => untrue);
});
