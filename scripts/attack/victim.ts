import { readFileSync } from 'node:fs';
import { AgentProcess } from '../../test/support/agent-process.js';
import { MqttObserver } from '../../test/support/mqtt-observer.js';
import { waitFor } from '../../test/support/wait-for.js';
import { sampleProcess } from '../endurance/process-sample.js';

export const base = 'edgepose/v1/test-box';
const topics = {
  desired: `${base}/config/desired`,
  reported: `${base}/config/reported`,
};
/** For whatever an agent that is well does in a few. */
const patienceMs = 30_000;

export interface VictimOptions {
  program: string | undefined;
  /** URL; the agent's own broker where undefined. */
  broker: string | undefined;
  /** Over what every victim has. */
  config?: Record<string, unknown>;
  args?: readonly string[];
  environment?: NodeJS.ProcessEnv;
  /** Of one that has ended. */
  folder?: string;
}

export interface Report {
  version: number | null;
  status: 'applying' | 'applied' | 'rejected' | 'rolled_back';
  code: number;
  message: string;
}

const usualConfig = {
  model: { id: 'blazepose-lite' },
  stats: { interval_s: 1 },
  control: { probation_s: 2 },
};

/** A running agent, seen from outside. */
export class Victim {
  readonly agent: AgentProcess;
  readonly observer: MqttObserver | undefined;

  private constructor(agent: AgentProcess, observer: MqttObserver | undefined) {
    this.agent = agent;
    this.observer = observer;
  }

  static async start({ program, broker, config, args = [], ...process }: VictimOptions): Promise<Victim> {
    const observer = broker === undefined ? undefined : await MqttObserver.connect(broker, `${base}/#`);
    const agent = new AgentProcess(
      ['run', ...args],
      { ...usualConfig, ...(broker === undefined ? {} : { mqtt: { url: broker } }), ...config },
      { ...process, ...(program === undefined ? {} : { program }) },
    );
    return new Victim(agent, observer);
  }

  /** The data-plane process; throws where there is none. */
  get workerPid(): number {
    const [pid] = this.agent.children();
    if (pid === undefined) throw new Error('the agent has no worker');
    return pid;
  }

  /** What this process has computed for so far, in ms of CPU time. Threads are counted, children are not. */
  cpuMs(pid = this.agent.child.pid as number): number {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    // A hundred ticks per second on every Linux.
    return ((user ?? 0) + (system ?? 0)) * 10;
  }

  memoryMb(): number {
    return sampleProcess(this.agent.child.pid as number).rssMb;
  }

  count(topic: string): number {
    return this.observer?.of(`${base}/${topic}`).length ?? 0;
  }

  /** Waits for so many poses more. */
  async poses(more = 3, timeoutMs = patienceMs, camera = 'cam0'): Promise<void> {
    const wanted = this.count(`cam/${camera}/pose`) + more;
    await waitFor('poses', () => this.count(`cam/${camera}/pose`) >= wanted, timeoutMs);
  }

  /** True where as many poses come within the time. */
  async hasPoses(more = 3, timeoutMs = patienceMs): Promise<boolean> {
    return this.poses(more, timeoutMs).then(
      () => true,
      () => false,
    );
  }

  get reports(): Report[] {
    return (this.observer?.of(topics.reported) ?? []).map(({ text }) => JSON.parse(text) as Report);
  }

  /** Publishes a document; resolves to its terminal report, or to undefined where none came in time. */
  async desire(version: number, config: object, timeoutMs = 15_000): Promise<Report | undefined> {
    const before = this.reports.length;
    const document = JSON.stringify({ version, id: `attack-${version}`, config });
    await this.observer?.publish(topics.desired, document, { retain: true });
    const terminal = (): Report | undefined =>
      this.reports.slice(before).find((one) => one.version === version && one.status !== 'applying');
    await waitFor('a report', () => terminal() !== undefined, timeoutMs).catch(() => {});
    return terminal();
  }

  async end(): Promise<void> {
    await this.observer?.close();
    await this.agent.remove();
  }
}
