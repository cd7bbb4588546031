import type { Test } from 'tap';
import { posePayload, type StatsPayload, statsPayload } from '../../src/mqtt/payloads.js';
import { AgentProcess } from './agent-process.js';
import { MqttObserver } from './mqtt-observer.js';
import { waitFor } from './wait-for.js';

const base = 'edgepose/v1/test-box';
const topics = { state: `${base}/state`, stats: `${base}/stats`, pose: `${base}/cam/cam0/pose` };
const limitMs = 40_000;

export interface PacedAgentOptions {
  /** The broker, as the agent reaches it. */
  url: string;
  /** The broker itself, where something is between it and the agent. */
  brokerUrl?: string;
  /** Frames a second that its camera gives. */
  fps: number;
  /** Seconds from figures to figures; 1 where left out. */
  statsSeconds?: number;
}

/** How far the camera of an agent had come at a moment. */
export interface Progress {
  /** Capture time of a frame, in ms, and its number. */
  ts: number;
  seq: number;
  /** Frames up to then that were never inferred. */
  lost: number;
}

/** From one moment to another. */
export interface Stretch {
  from: Progress;
  to: Progress;
}

/** A whole agent whose camera gives frames by the clock, and what it infers of them as seen from outside. */
export class PacedAgent {
  /** Of its topics. */
  static readonly base = base;
  readonly agent: AgentProcess;
  readonly #observer: MqttObserver;

  private constructor(agent: AgentProcess, observer: MqttObserver) {
    this.agent = agent;
    this.#observer = observer;
  }

  /** Resolves when it is online and its poses come. It is watched through any outage of the broker. */
  static async start(
    t: Test,
    { url, brokerUrl = url, fps, statsSeconds = 1 }: PacedAgentOptions,
  ): Promise<PacedAgent> {
    const observer = await MqttObserver.connect(brokerUrl, Object.values(topics), { reconnectPeriod: 100 });
    const agent = new AgentProcess(['run', '--mqtt', url], {
      model: { id: 'blazepose-lite' },
      cameras: [{ id: 'cam0', source: 'sample:', fps }],
      stats: { interval_s: statsSeconds },
    });
    t.teardown(async () => {
      await observer.close();
      await agent.remove();
    });
    await observer.waitForState(topics.state, 'online', limitMs);
    await waitFor('poses', () => observer.of(topics.pose).length > 3, limitMs);
    return new PacedAgent(agent, observer);
  }

  /** Its newest figures; throws before the first. */
  get stats(): StatsPayload {
    return statsPayload.parse(this.#observer.last(topics.stats));
  }

  /** Whether it has said since a monotonic time in ms that it is online. */
  cameOnline(since: number): boolean {
    const states = this.#observer.of(topics.state).filter(({ at }) => at > since);
    return states.some(({ text }) => JSON.parse(text).state === 'online');
  }

  /** Longest time without a pose since a monotonic time in ms, up to now. */
  longestGapSince(since: number): number {
    const times = this.#observer.of(topics.pose).map(({ at }) => at);
    const moments = [since, ...times.filter((at) => at > since), performance.now()];
    return Math.max(...moments.slice(1).map((at, index) => at - (moments[index] as number)));
  }

  /** As its next figures tell; the worker's part of them may be a second old. */
  async progress(): Promise<Progress> {
    const asked = performance.now();
    const isNew = (): boolean => (this.#observer.of(topics.stats).at(-1)?.at ?? 0) > asked;
    await waitFor('figures', isNew, limitMs);
    const { ts, seq } = posePayload.parse(this.#observer.last(topics.pose));
    const { slot = 0, capture = 0, inference = 0 } = this.stats.cameras.cam0?.drops ?? {};
    return { ts, seq, lost: slot + capture + inference };
  }

  /** From before something to after it. */
  async during(something: () => Promise<unknown>): Promise<Stretch> {
    const from = await this.progress();
    await something();
    return { from, to: await this.progress() };
  }
}

/** Frames inferred a second in some stretches of time together; whether their poses were published does not matter. */
export function inferenceRate(stretches: readonly Stretch[]): number {
  const sum = (of: (from: Progress, to: Progress) => number): number =>
    stretches.reduce((total, { from, to }) => total + of(from, to), 0);
  const frames = sum((from, to) => to.seq - from.seq - (to.lost - from.lost));
  return frames / sum((from, to) => (to.ts - from.ts) / 1000);
}
