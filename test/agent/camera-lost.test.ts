import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { AgentProcess } from '../support/agent-process.js';
import { atScale, reached } from '../support/fault-figure.js';
import { freePort } from '../support/free-port.js';
import { MjpegServer } from '../support/mjpeg-server.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver, type ObservedMessage } from '../support/mqtt-observer.js';
import { isAlive } from '../support/processes.js';
import { type RtspServer, startRtspServer } from '../support/rtsp-server.js';
import { writeTransportStream } from '../support/transport-stream.js';
import { waitFor } from '../support/wait-for.js';

const fault = 'camera_lost';
const base = 'edgepose/v1/test-box';
const httpRounds = atScale({ few: 3, tenth: 10, full: 100 });
const rtspRounds = atScale({ few: 2, tenth: 4, full: 20 });
const hangs = atScale({ few: 1, tenth: 1, full: 3 });
/** How much longer than it takes to be noticed a camera stays away: the pauses between attempts grow meanwhile. */
const awayMs = atScale({ few: 3000, tenth: 6000, full: 12_000 });
/** Generous, so that a figure that is missed is told as such. */
const limitMs = 60_000;
t.setTimeout(atScale({ few: 4, tenth: 10, full: 60 }) * 60_000);
t.jobs = 3;

/** A camera with ways to vanish; each returns what brings it back. */
interface FickleCamera {
  readonly url: string;
  readonly losses: readonly (() => Promise<() => Promise<void>>)[];
}

class Scene {
  readonly agent: AgentProcess;
  readonly observer: MqttObserver;

  constructor(agent: AgentProcess, observer: MqttObserver) {
    this.agent = agent;
    this.observer = observer;
  }

  static async start(t: Test, source: string): Promise<Scene | undefined> {
    const mosquitto = await Mosquitto.require(t);
    if (!mosquitto) return undefined;
    const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
    const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], {
      model: { id: 'blazepose-lite', threads: 1 },
      cameras: [{ id: 'cam0', source }],
      stats: { interval_s: 1 },
    });
    t.teardown(async () => {
      await observer.close();
      await agent.remove();
      await mosquitto.stop();
    });
    const scene = new Scene(agent, observer);
    await scene.secondsUntilPose(performance.now());
    return scene;
  }

  get worker(): number {
    const [worker] = this.agent.children();
    if (worker === undefined) throw new Error(`there is no worker: ${this.agent.stderr}`);
    return worker;
  }

  secondsUntilPose(since: number): Promise<number> {
    return this.#secondsUntil('a pose', since, `${base}/cam/cam0/pose`);
  }

  secondsUntilOffline(since: number): Promise<number> {
    return this.#secondsUntil('offline', since, `${base}/cam/cam0/status`, ({ text }) =>
      text.includes('"offline"'),
    );
  }

  /** The least of a second, as it may just be looking at something. */
  async descriptors(pid: number): Promise<number> {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 20; i++) {
      least = Math.min(least, readdirSync(`/proc/${pid}/fd`).length);
      await sleep(50);
    }
    return least;
  }

  /** What must hold whatever happened to the camera. */
  checkStability(t: Test, kind: string): void {
    const states = this.observer.of(`${base}/state`).map(({ text }) => JSON.parse(text) as { state: string });
    const offline = states.filter(({ state }) => state === 'offline').length;
    reached(t, { fault, what: `${kind}: the agent itself offline`, value: offline, exactly: 0 });
    const exits = this.agent.child.exitCode === null && this.agent.child.signalCode === null ? 0 : 1;
    reached(t, { fault, what: `${kind}: exits of the agent`, value: exits, exactly: 0 });
    const poses = this.observer.of(`${base}/cam/cam0/pose`);
    const numbers = poses.map(({ text }) => (JSON.parse(text) as { seq: number }).seq);
    const back = numbers.filter((seq, i) => i > 0 && seq <= (numbers[i - 1] as number)).length;
    reached(t, { fault, what: `${kind}: steps back of seq`, value: back, exactly: 0 });
  }

  async #secondsUntil(
    what: string,
    since: number,
    topic: string,
    accepts: (message: ObservedMessage) => boolean = () => true,
  ): Promise<number> {
    const { messages } = this.observer;
    let looked = messages.length;
    while (looked > 0 && (messages[looked - 1] as ObservedMessage).at > since) looked--;
    let found: ObservedMessage | undefined;
    await waitFor(
      what,
      () => {
        for (; found === undefined && looked < messages.length; looked++) {
          const message = messages[looked] as ObservedMessage;
          if (message.topic === topic && message.at > since && accepts(message)) found = message;
        }
        return found !== undefined;
      },
      limitMs,
    );
    return ((found as ObservedMessage | undefined)?.at ?? Number.NaN) / 1000 - since / 1000;
  }
}

/** Loses and brings back the camera so many times, and judges how the agent took it. */
async function loseAgainAndAgain(
  t: Test,
  { camera, rounds, kind }: { camera: FickleCamera; rounds: number; kind: string },
): Promise<void> {
  const scene = await Scene.start(t, camera.url);
  if (!scene) return;
  const { agent, worker } = scene;
  const before = {
    agent: await scene.descriptors(agent.child.pid as number),
    worker: await scene.descriptors(worker),
  };
  let offline = 0;
  let pose = 0;
  let survived = 0;
  let early = 0;
  for (let round = 0; round < rounds; round++) {
    const lose = camera.losses[round % camera.losses.length] as FickleCamera['losses'][number];
    const lostAt = performance.now();
    const bringBack = await lose();
    offline = Math.max(offline, await scene.secondsUntilOffline(lostAt));
    // From no time at all to the longest, in no order.
    await sleep((awayMs * ((round * 7 + 7) % 10)) / 10);
    if (scene.observer.last(`${base}/cam/cam0/status`)?.status !== 'offline') early++;
    await bringBack();
    pose = Math.max(pose, await scene.secondsUntilPose(performance.now()));
    survived++;
  }
  reached(t, { fault, what: `${kind}: losses`, value: survived, exactly: rounds });
  reached(t, { fault, what: `${kind}: offline after`, value: offline, unit: 's', atMost: 5 });
  reached(t, { fault, what: `${kind}: online while it was away`, value: early, exactly: 0 });
  reached(t, { fault, what: `${kind}: a pose after it was back`, value: pose, unit: 's', atMost: 5 });
  const opened = {
    agent: (await scene.descriptors(agent.child.pid as number)) - before.agent,
    worker: (await scene.descriptors(worker)) - before.worker,
  };
  reached(t, { fault, what: `${kind}: more descriptors of the agent`, value: opened.agent, exactly: 0 });
  reached(t, { fault, what: `${kind}: more descriptors of the worker`, value: opened.worker, exactly: 0 });
  t.equal(scene.worker, worker, 'no worker was lost over a camera');
  t.match(scene.observer.last(`${base}/stats`), { cameras: { cam0: { stalls_last_hour: rounds } } });
  scene.checkStability(t, kind);
}

t.test('an HTTP camera that stalls, closes, refuses and comes back', async (t) => {
  let server = await new MjpegServer({ fps: 10 }).start();
  const { port, url } = server;
  t.teardown(() => server.stop());
  const goOn = async (): Promise<void> => {
    server.stalled = false;
  };
  const stall = async () => {
    server.stalled = true;
    return goOn;
  };
  const close = async () => {
    server.stalled = true;
    server.endStreams();
    return goOn;
  };
  const refuse = async () => {
    await server.stop();
    return async () => {
      server = await new MjpegServer({ fps: 10, port }).start();
    };
  };
  const camera = { url, losses: [refuse, stall, close] };
  await loseAgainAndAgain(t, { camera, rounds: httpRounds, kind: 'HTTP' });
});

t.test('an RTSP camera that stalls, refuses and comes back', async (t) => {
  const file = join(t.testdir(), 'stream.ts');
  const [frames, fps] = [50, 10];
  await writeTransportStream(file, { frames, fps });
  const port = await freePort();
  const start = (): Promise<RtspServer> => startRtspServer({ file, seconds: frames / fps, port });
  let server = await start();
  t.teardown(() => server.process.kill('SIGKILL'));
  const stall = async () => {
    server.process.kill('SIGSTOP');
    return async () => void server.process.kill('SIGCONT');
  };
  const refuse = async () => {
    const exited = once(server.process, 'exit');
    server.process.kill('SIGKILL');
    await exited;
    return async () => {
      server = await start();
    };
  };
  const camera = { url: `rtsp://127.0.0.1:${port}/live`, losses: [refuse, stall] };
  await loseAgainAndAgain(t, { camera, rounds: rtspRounds, kind: 'RTSP' });
});

t.test('a worker that hangs is replaced', async (t) => {
  const scene = await Scene.start(t, 'sample:');
  if (!scene) return;
  const kind = 'hung worker';
  let killed = 0;
  let pose = 0;
  for (let round = 0; round < hangs; round++) {
    const { worker } = scene;
    const stoppedAt = performance.now();
    process.kill(worker, 'SIGSTOP');
    await waitFor('the worker is gone', () => !isAlive(worker), limitMs);
    const goneAt = performance.now();
    killed = Math.max(killed, (goneAt - stoppedAt) / 1000);
    pose = Math.max(pose, await scene.secondsUntilPose(goneAt));
  }
  reached(t, { fault, what: `${kind}: killed after`, value: killed, unit: 's', atMost: 10 });
  reached(t, { fault, what: `${kind}: a pose after it was killed`, value: pose, unit: 's', atMost: 5 });
  t.match(scene.observer.last(`${base}/event`), { type: 'hang', code: 'WORKER_HUNG' });
  scene.checkStability(t, kind);
});
