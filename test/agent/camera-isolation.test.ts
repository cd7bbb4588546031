import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { absent } from '../support/absent.js';
import { AgentProcess } from '../support/agent-process.js';
import { startGoodCameras } from '../support/bad-cameras/good-cameras.js';
import { badCameras } from '../support/bad-cameras/list.js';
import { atScale, reached } from '../support/fault-figure.js';
import { MemoryCgroup } from '../support/memory-cgroup.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver, type ObservedMessage } from '../support/mqtt-observer.js';
import { argumentsOf } from '../support/processes.js';
import { waitFor } from '../support/wait-for.js';

type Kind = keyof typeof badCameras;

const fault = 'camera_isolation';
const base = 'edgepose/v1/test-box';
const everyKind = Object.keys(badCameras) as Kind[];
const kinds = atScale<Kind[]>({
  few: ['options', 'flood'],
  tenth: everyKind,
  full: everyKind,
});
/** One of each: a stuck server, one that holds whoever opens it, memory, and processor time. */
const four: Kind[] = ['options', 'slowRtsp', 'manyReferences', 'flood'];
const seconds = atScale({ few: 4, tenth: 6, full: 60 });
/** Few are run beside other tests: there a gap tells a thread that is held from one that is not, no more. */
const limitMs = atScale({ few: 1500, tenth: 50, full: 50 });
/** So many windows after it was measured, how the good cameras do by themselves is measured anew. */
const ownAgainAfter = 4;
/** A good camera that gives no poses for this long at first is measured all the same. */
const beginLimitMs = atScale({ few: 15_000, tenth: 30_000, full: 30_000 });
/** Good cameras are never silent for so long, whatever else this machine does. */
const steadyMs = 1500;
/** After its first poses a good camera is in its stride. */
const settleMs = 1000;
/** What a small box can spare. Beyond it the kernel ends what takes most, and this machine is spared. */
const memoryLimitBytes = 2 * 2 ** 30;
/** Of all agents, one after the other: the first one's compiled model serves the others. */
const stateDir = t.testdir();
t.setTimeout(atScale({ few: 3, tenth: 20, full: 58 }) * 60_000);

/** The longest times between two poses of a camera, in ms. */
interface Gaps {
  /** By the capture times in them. */
  readonly captured: number;
  /** As they came. */
  readonly arrived: number;
}

interface Watched {
  /** Of each good camera. */
  readonly gaps: readonly Gaps[];
  readonly workersReplaced: number;
  /** What the agent said last of each bad one, and every event. */
  readonly said: readonly string[];
}

/** An agent with cameras in front of it and somebody who listens to it. */
class Neighbourhood {
  readonly #mosquitto: Mosquitto;
  readonly #group: MemoryCgroup | undefined;
  readonly #good: readonly string[];
  #own: { gaps: readonly Gaps[]; windows: number } | undefined;

  constructor(good: readonly string[], mosquitto: Mosquitto, group: MemoryCgroup | undefined) {
    this.#good = good;
    this.#mosquitto = mosquitto;
    this.#group = group;
  }

  /** How much longer the gaps of the good cameras are beside these bad ones than without them. */
  async measure(t: Test, bad: readonly string[]): Promise<Gaps & Pick<Watched, 'workersReplaced'>> {
    const own = await this.#ownGaps(t);
    const { gaps, workersReplaced, said } = await this.#watch(bad);
    t.comment(`alone ${describeGaps(own)}; beside it ${describeGaps(gaps)}`);
    for (const message of said) t.comment(message);
    const beyond = (of: (gaps: Gaps) => number): number =>
      Math.max(...gaps.map((each, index) => of(each) - of(own[index] as Gaps)));
    return {
      captured: beyond(({ captured }) => captured),
      arrived: beyond(({ arrived }) => arrived),
      workersReplaced,
    };
  }

  /** Without a bad camera. A machine that also does other work is not equally quiet for long. */
  async #ownGaps(t: Test): Promise<readonly Gaps[]> {
    if (this.#own === undefined || this.#own.windows === ownAgainAfter) {
      const { gaps, workersReplaced } = await this.#watch([]);
      t.equal(workersReplaced, 0, 'good cameras alone cost no worker');
      // Where they fail by themselves, no bad one could make it worse.
      const flow = gaps.every(({ arrived }) => arrived < steadyMs);
      t.ok(flow, `good cameras alone give poses without a break: ${describeGaps(gaps)}`);
      this.#own = { gaps, windows: 0 };
    }
    this.#own.windows++;
    return this.#own.gaps;
  }

  /** Lets an agent look at the good cameras and these for a window. */
  async #watch(bad: readonly string[]): Promise<Watched> {
    const observer = await MqttObserver.connect(this.#mosquitto.url, [`${base}/cam/+/+`, `${base}/event`]);
    const camera = (kind: string) => (source: string, index: number) => ({ id: `${kind}${index}`, source });
    // Cameras come and go with an agent of their own, because a document that adds one starts a new worker as well.
    const agent = new AgentProcess(['run', '--mqtt', this.#mosquitto.url], {
      model: { id: 'blazepose-lite', threads: 1 },
      cameras: [...this.#good.map(camera('good')), ...bad.map(camera('bad'))],
      state_dir: stateDir,
    });
    this.#group?.add(agent.child.pid as number);
    const workers = new Set<number>();
    const looking = setInterval(() => {
      for (const pid of workersOf(agent)) workers.add(pid);
    }, 100);
    const poses = (index: number): ObservedMessage[] => observer.of(`${base}/cam/good${index}/pose`);
    try {
      await this.#untilUnderWay(agent, poses);
      const from = performance.now();
      await sleep(seconds * 1000);
      const to = performance.now();
      const gaps = this.#good.map((_, index) => gapsOf(poses(index), from, to));
      const statuses = bad.map((_, index) => `${base}/cam/bad${index}/status`);
      const told = [...statuses.map((topic) => observer.of(topic).slice(-1)), observer.of(`${base}/event`)];
      // What is retained was said of a bad one before it.
      const said = told.flat().flatMap(({ retained, text }) => (retained ? [] : [text]));
      return { gaps, workersReplaced: workers.size - 1, said };
    } finally {
      clearInterval(looking);
      await observer.close();
      await agent.remove();
    }
  }

  /** Until each good camera gives poses: what the start takes is nobody's fault. */
  async #untilUnderWay(agent: AgentProcess, poses: (index: number) => unknown[]): Promise<void> {
    const isUnderWay = (): boolean => {
      if (agent.child.exitCode !== null) throw new Error(`the agent ended: ${agent.stderr}`);
      return this.#good.every((_, index) => poses(index).length >= 3);
    };
    await waitFor('poses', isUnderWay, beginLimitMs).catch((error: Error) => {
      if (agent.child.exitCode !== null) throw error;
    });
    await sleep(settleMs);
  }
}

/** The agent may have other children, too. */
function workersOf(agent: AgentProcess): number[] {
  return agent.children().filter((pid) => argumentsOf(pid).some((word) => word.endsWith('/worker/main.js')));
}

function gapsOf(poses: readonly ObservedMessage[], from: number, to: number): Gaps {
  const within = poses.filter(({ at }) => at >= from && at <= to);
  const captures = within.map(({ text }) => (JSON.parse(text) as { ts: number }).ts);
  // Nothing may have come at all.
  return { captured: longestStep(captures), arrived: longestStep([from, ...within.map(({ at }) => at), to]) };
}

function longestStep(times: readonly number[]): number {
  return Math.max(0, ...times.slice(1).map((time, index) => time - (times[index] as number)));
}

function describeGaps(gaps: readonly Gaps[]): string {
  const rounded = gaps.map(({ captured, arrived }) => `${Math.round(captured)}/${Math.round(arrived)}`);
  return `${rounded.join(', ')} ms captured/arrived`;
}

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!hasFfmpeg) absent(t, 'ffmpeg on the PATH');
const mosquitto = hasFfmpeg ? await Mosquitto.require(t) : undefined;
if (mosquitto) await measureAll(mosquitto);

async function measureAll(mosquitto: Mosquitto): Promise<void> {
  t.teardown(() => mosquitto.stop());
  const group = MemoryCgroup.create();
  group?.limit(memoryLimitBytes);
  if (!group) t.comment('no memory cgroup can be made here: what takes memory takes it from this machine');
  t.teardown(() => group?.remove());
  let workersReplaced = 0;
  const check = async (
    t: Test,
    where: Neighbourhood,
    { name, bad }: { name: string; bad: readonly Kind[] },
  ) => {
    const cameras = await Promise.all(bad.map((kind) => badCameras[kind].start(t)));
    const sources = cameras.map(({ source }) => source);
    const measured = await where.measure(t, sources);
    t.notOk(
      cameras.some(({ clients }) => clients() === 0),
      'every bad camera was connected to',
    );
    const value = Math.max(measured.captured, measured.arrived);
    reached(t, { fault, what: `${name}: longer gap by`, value, unit: 'ms', atMost: limitMs });
    t.equal(measured.workersReplaced, 0, 'the worker was not replaced');
    workersReplaced += measured.workersReplaced;
  };

  const two = new Neighbourhood(await startGoodCameras(t, 2), mosquitto, group);
  for (const kind of kinds) {
    const { name } = badCameras[kind];
    await t.test(`two good cameras beside one bad: ${name}`, (t) => check(t, two, { name, bad: [kind] }));
  }

  const eight = 'four bad of eight';
  if (atScale({ few: false, tenth: true, full: true })) {
    await t.test(eight, async (t) => {
      const where = new Neighbourhood(await startGoodCameras(t, 4), mosquitto, group);
      await check(t, where, { name: eight, bad: four });
    });
  }

  await t.test('no worker was replaced over any of them', async (t) => {
    reached(t, { fault, what: 'workers replaced', value: workersReplaced, exactly: 0 });
  });
}
