import { connectAsync, type MqttClient } from 'mqtt';
import type { Test } from 'tap';
import { AgentProcess } from './agent-process.js';
import { Mosquitto } from './mosquitto.js';
import { MqttObserver } from './mqtt-observer.js';
import { waitFor } from './wait-for.js';

const base = 'edgepose/v1/test-box';

export const operatedTopics = {
  desired: `${base}/config/desired`,
  reported: `${base}/config/reported`,
  event: `${base}/event`,
  stats: `${base}/stats`,
  pose: (camera = 'cam0') => `${base}/cam/${camera}/pose`,
  status: (camera = 'cam0') => `${base}/cam/${camera}/status`,
};

const limitMs = 30_000;

export interface Report {
  version: number | null;
  status: string;
  code: number;
  errors: { path: string }[];
}

/** A running agent and its operator, who sends it documents. */
export class OperatedAgent {
  readonly mosquitto: Mosquitto;
  readonly observer: MqttObserver;
  readonly operator: MqttClient;
  readonly config: Record<string, unknown>;
  agent: AgentProcess;

  private constructor(
    mosquitto: Mosquitto,
    observer: MqttObserver,
    operator: MqttClient,
    config: Record<string, unknown>,
  ) {
    this.mosquitto = mosquitto;
    this.observer = observer;
    this.operator = operator;
    this.config = config;
    this.agent = new AgentProcess(['run', '--mqtt', mosquitto.url], config);
  }

  /** Resolves when poses of the camera come; with undefined where there is no Mosquitto. */
  static async start(
    t: Test,
    config: Record<string, unknown>,
    camera?: string,
  ): Promise<OperatedAgent | undefined> {
    const mosquitto = await Mosquitto.require(t);
    if (!mosquitto) return undefined;
    const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
    const one = new OperatedAgent(mosquitto, observer, await connectAsync(mosquitto.url), config);
    t.teardown(async () => {
      await one.operator.endAsync();
      await observer.close();
      await one.agent.remove();
      await mosquitto.stop();
    });
    await one.poses(camera);
    return one;
  }

  /** The agent ends, and the same box starts another. */
  async restart(): Promise<void> {
    this.agent.child.kill('SIGTERM');
    await this.agent.done;
    const { folder } = this.agent;
    this.agent = new AgentProcess(['run', '--mqtt', this.mosquitto.url], this.config, { folder });
  }

  get reports(): Report[] {
    return this.observer.of(operatedTopics.reported).map(({ text }) => JSON.parse(text) as Report);
  }

  /** Publishes a document and waits for its terminal report. */
  async desire(version: number, config: object): Promise<Report> {
    const before = this.reports.length;
    const document = JSON.stringify({ version, id: `doc-${version}`, config });
    await this.operator.publishAsync(operatedTopics.desired, document, { qos: 1, retain: true });
    const terminal = (): Report | undefined =>
      this.reports.slice(before).find((report) => report.version === version && report.status !== 'applying');
    await waitFor(`a report of version ${version}`, () => terminal() !== undefined, limitMs);
    return terminal() as Report;
  }

  /** Waits until more poses of a camera have come. */
  async poses(camera?: string): Promise<void> {
    const topic = operatedTopics.pose(camera);
    const before = this.observer.of(topic).length;
    await waitFor(`poses of ${topic}`, () => this.observer.of(topic).length > before + 3, limitMs);
  }

  seqs(camera?: string): number[] {
    const poses = this.observer.of(operatedTopics.pose(camera));
    return poses.map(({ text }) => (JSON.parse(text) as { seq: number }).seq);
  }
}
