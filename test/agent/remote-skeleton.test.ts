import { join } from 'node:path';
import t, { type Test } from 'tap';
import { publishedSkeleton } from '../../src/agent/published-skeleton.js';
import { RemoteConfig } from '../../src/agent/remote-config.js';
import { TaskQueue } from '../../src/agent/task-queue.js';
import { ConfigSources } from '../../src/config/config-sources.js';
import { ConfigStore } from '../../src/config/config-store.js';
import type { ReportedConfig } from '../../src/config/reported-config.js';
import type { Config } from '../../src/config/schema.js';
import type { ResolvedModel } from '../../src/models/resolve.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { waitFor } from '../support/wait-for.js';

/** A model that knows nothing of bodies. */
const model = { id: 'hands', skeleton: { name: 'hand2', keypoints: ['thumb', 'index'], limbs: [] } };

interface Box {
  remote: RemoteConfig;
  reports: ReportedConfig[];
  /** What the stage was told to do. */
  done: string[];
  desire(version: number, skeleton: string): Promise<ReportedConfig>;
}

/** Everything that obeys documents but the worker, on a box whose own file says `local`. */
async function box(t: Test, local: 'native' | 'coco17'): Promise<Box> {
  const stateDir = t.testdir({ 'config.yaml': `output: {skeleton: ${local}}` });
  const configFile = join(stateDir, 'config.yaml');
  const sources = ConfigSources.read({ configFile, environment: { HOME: stateDir } });
  const logger = createLogger({ level: 'silent' });
  const reports: ReportedConfig[] = [];
  const done: string[] = [];
  const { config } = sources.effective();
  const stage = {
    config,
    deployment: local === 'native' ? { config, model } : undefined,
    onTrial: false,
    stopped: false,
    away: [],
    configure: () => done.push('configure'),
    deploy: async () => done.push('deploy'),
    tryOut: async () => undefined,
  };
  const remote = new RemoteConfig({
    sources,
    readSources: () => sources,
    store: await ConfigStore.open(stateDir),
    stage: stage as never,
    queue: new TaskQueue(logger),
    logger,
    resolveModel: async (next: Config) => {
      publishedSkeleton(next, model);
      return model as unknown as ResolvedModel;
    },
    isModelName: () => true,
    applyLive: () => {},
    report: (report) => reports.push(report),
    event: ({ type }) => done.push(type),
    onJudged: () => {},
  });
  const desire = async (version: number, skeleton: string): Promise<ReportedConfig> => {
    const before = reports.length;
    const document = { version, id: `doc-${version}`, config: { output: { skeleton } } };
    remote.receive(Buffer.from(JSON.stringify(document)));
    const terminal = (): ReportedConfig | undefined =>
      reports.slice(before).find((report) => report.version === version && report.status !== 'applying');
    await waitFor(`a report of version ${version}`, () => terminal() !== undefined);
    return terminal() as ReportedConfig;
  };
  return { remote, reports, done, desire };
}

t.test('a skeleton of which the running model has no keypoint is refused, and nothing changes', async (t) => {
  const { remote, done, desire } = await box(t, 'native');
  const refused = {
    message: 'its model has none of the wanted keypoints',
    problems: [{ path: 'output.skeleton' }],
  };
  t.match(remote.examine({ output: { skeleton: 'coco17' } }), { code: 422, ...refused });
  t.equal(remote.examine({ output: { skeleton: 'native' } }), undefined);
  const report = await desire(1, 'openpose18');
  t.match(report, { status: 'rejected', code: 422, errors: refused.problems });
  t.match(report.errors[0]?.found, /the model hands has no keypoint/);
  t.same(done, ['rejected'], 'an event says so, too');
});

t.test('where no model could be published, another skeleton puts one to work', async (t) => {
  const { done, desire } = await box(t, 'coco17');
  const refused = await desire(1, 'openpose18');
  t.match(refused, { status: 'rejected', errors: [{ path: 'output.skeleton' }] });
  t.match(await desire(1, 'native'), { status: 'applied', code: 200 });
  t.same(done, ['rejected', 'deploy']);
});
