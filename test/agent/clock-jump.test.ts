import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type PosePayload, type StatsPayload, statsPayload } from '../../src/mqtt/payloads.js';
import { AgentProcess } from '../support/agent-process.js';
import { FakeClock } from '../support/fake-clock.js';
import { atScale, reached } from '../support/fault-figure.js';
import { MjpegServer } from '../support/mjpeg-server.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { waitFor } from '../support/wait-for.js';

const fault = 'clock_jump';
const base = 'edgepose/v1/test-box';
const day = 86_400;
const cameraFps = 10;
/** Longer than a keepalive's patience, all together at least. */
const secondsBetween = atScale({ few: 3, tenth: 15, full: 60 });
const limitMs = 30_000;
t.setTimeout(atScale({ few: 2, tenth: 4, full: 10 }) * 60_000);
t.jobs = 2;

class Scene {
  readonly clock: FakeClock;
  readonly observer: MqttObserver;
  readonly agent: AgentProcess;

  constructor(clock: FakeClock, observer: MqttObserver, agent: AgentProcess) {
    this.clock = clock;
    this.observer = observer;
    this.agent = agent;
  }

  static async start(t: Test): Promise<Scene | undefined> {
    const clock = FakeClock.require(t);
    if (!clock) return undefined;
    const mosquitto = await Mosquitto.require(t);
    if (!mosquitto) return undefined;
    const camera = await new MjpegServer({ fps: cameraFps }).start();
    const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
    const agent = new AgentProcess(
      ['run', '--mqtt', mosquitto.url],
      {
        model: { id: 'blazepose-lite', threads: 1 },
        cameras: [{ id: 'cam0', source: camera.url }],
        stats: { interval_s: 2 },
        mqtt: { keepalive_s: 5 },
      },
      { environment: clock.environment },
    );
    t.teardown(async () => {
      await observer.close();
      await agent.remove();
      await mosquitto.stop();
      await camera.stop();
    });
    const scene = new Scene(clock, observer, agent);
    await waitFor('poses', () => scene.poses.length > 3, limitMs);
    return scene;
  }

  get poses(): PosePayload[] {
    return this.#payloads<PosePayload>('cam/cam0/pose');
  }

  get stats(): StatsPayload[] {
    return this.#payloads<StatsPayload>('stats');
  }

  /** Answers to pings, as texts, to transactions that begin so. */
  answers(transaction: string): string[] {
    const texts = this.observer.of(`${base}/cmd/ping/resp`).map(({ text }) => text);
    return texts.filter((text) => text.includes(`"transaction":"${transaction}`));
  }

  async ping(transaction: string): Promise<void> {
    await this.observer.publish(`${base}/cmd/ping`, JSON.stringify({ transaction }));
  }

  /** Sets the clock, and waits until poses tell of it. */
  async jump(offset: number): Promise<void> {
    this.clock.set(offset);
    await waitFor(
      `poses with the time ${offset} s from now`,
      () => Math.abs((this.poses.at(-1)?.ts ?? 0) - Date.now() - offset * 1000) < 10_000,
      limitMs,
    );
  }

  #payloads<T>(topic: string): T[] {
    return this.observer.of(`${base}/${topic}`).map(({ text }) => JSON.parse(text) as T);
  }
}

t.test('the clock jumps a day ahead, two days back, and to where it was', async (t) => {
  const scene = await Scene.start(t);
  if (!scene) return;
  const { agent, observer } = scene;
  const workers = agent.children();
  await scene.ping('once');
  let mostRun = 0;
  let believed = 0;
  for (const offset of [day, -day, 0]) {
    await scene.jump(offset);
    const before = scene.stats.length;
    await sleep(secondsBetween * 1000);
    // The same request again; and after its second is over, more than one second's worth at once.
    await scene.ping('once');
    await sleep(1100);
    const flood = `flood ${offset} `;
    await Promise.all(Array.from({ length: 30 }, (_, i) => scene.ping(`${flood}${i}`)));
    await sleep(500);
    const run = scene.answers(flood).filter((text) => text.includes('"ok"')).length;
    t.ok(run > 0, 'commands are taken');
    mostRun = Math.max(mostRun, run);
    // The first message may be of before.
    const told = scene.stats.slice(before + 1).map(({ clock_synced }) => clock_synced);
    t.ok(told.length > 0, 'figures were told since the jump');
    believed += told.filter((synced) => synced).length;
  }
  reached(t, { fault, what: 'commands run of 30 at once', value: mostRun, atMost: 10 });
  const different = new Set(scene.answers('once')).size;
  t.equal(scene.answers('once').length, 4);
  reached(t, { fault, what: 'answers to one request sent 4 times', value: different, exactly: 1 });
  reached(t, { fault, what: 'clock_synced in spite of a jump', value: believed, exactly: 0 });

  t.same(agent.children(), workers, 'the same worker');
  const { cameras, mqtt } = scene.stats.at(-1) as StatsPayload;
  const statuses = observer.of(`${base}/cam/cam0/status`).map(({ text }) => text.includes('"online"'));
  const wrong = statuses.slice(statuses.indexOf(true)).filter((online) => !online).length;
  const { stalls_last_hour = 1, reconnects_last_hour = 1 } = cameras.cam0 ?? {};
  const stalls = wrong + stalls_last_hour + reconnects_last_hour + mqtt.reconnects;
  reached(t, { fault, what: 'false stalls and reconnects', value: stalls, exactly: 0 });
  checkPoses(t, scene.poses);
  checkStats(t, scene.stats);
});

t.test('the agent is stopped for a while, as with a virtual machine that is paused', async (t) => {
  const scene = await Scene.start(t);
  if (!scene) return;
  const { agent } = scene;
  const workers = agent.children();
  agent.child.kill('SIGSTOP');
  // Longer than a worker may be silent.
  await sleep(11_000);
  agent.child.kill('SIGCONT');
  // What the worker sent meanwhile comes in any case; a new worker would be there by then.
  await sleep(3000);
  const before = scene.poses.length;
  await waitFor('poses', () => scene.poses.length > before + cameraFps, limitMs);
  const lost = scene.observer.of(`${base}/event`).length;
  t.same(agent.children(), workers, 'the same worker');
  reached(t, { fault, what: 'workers blamed for a stop of the agent', value: lost, exactly: 0 });
});

function checkPoses(t: Test, poses: readonly PosePayload[]): void {
  const ages = poses.map(({ age_ms }) => age_ms);
  // Less than none is published as none.
  t.ok(Math.min(...ages) > 0, 'every pose has an age');
  reached(t, { fault, what: 'oldest pose', value: Math.max(...ages) / 1000, unit: 's', atMost: 2 });
  const back = poses.filter(({ seq }, i) => i > 0 && seq <= (poses[i - 1]?.seq ?? 0)).length;
  reached(t, { fault, what: 'steps back of seq', value: back, exactly: 0 });
}

function checkStats(t: Test, all: readonly StatsPayload[]): void {
  const invalid = all.filter((stats) => !statsPayload.safeParse(stats).success);
  t.same(invalid, [], 'figures as described: nothing is negative');
  const uptimes = all.map(({ uptime_s }) => uptime_s);
  t.same(
    uptimes,
    uptimes.toSorted((a, b) => a - b),
    'uptime only grows',
  );
  // The first window has the start in it.
  const figures = all.slice(2).map(({ cameras }) => cameras.cam0 as StatsPayload['cameras'][string]);
  const rates = figures.map(({ process_fps }) => process_fps / cameraFps);
  t.ok(Math.min(...rates) > 0.5 && Math.max(...rates) < 2, 'no window is counted as longer or shorter');
  const off = Math.abs(rates.reduce((sum, rate) => sum + rate, 0) / rates.length - 1);
  reached(t, { fault, what: 'process_fps off by', value: off * 100, unit: '%', atMost: 20 });
  const durations = figures.flatMap(({ latency_ms, frame_age_ms }) => [
    frame_age_ms ?? Number.NaN,
    ...Object.values(latency_ms).flatMap(({ p99 }) => p99),
  ]);
  reached(t, {
    fault,
    what: 'longest duration in stats',
    value: Math.max(...durations) / 1000,
    unit: 's',
    atMost: 2,
  });
}
