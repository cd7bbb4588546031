import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type AgentEvent, RemoteConfig } from '../../src/agent/remote-config.js';
import { TaskQueue } from '../../src/agent/task-queue.js';
import { ConfigSources } from '../../src/config/config-sources.js';
import { ConfigStore } from '../../src/config/config-store.js';
import type { ReportedConfig } from '../../src/config/reported-config.js';
import type { Config } from '../../src/config/schema.js';
import { AgentError } from '../../src/errors.js';
import type { ResolvedModel } from '../../src/models/resolve.js';
import { createLogger } from '../../src/telemetry/logger.js';

const notInstalled = new AgentError('MODEL_NOT_INSTALLED', 'there is no such model here');

/** A box on a stage that only remembers what it is told; its local file can be written anew. `folder`: of one before. */
async function setUp(t: Test, folder?: string) {
  const stateDir = folder ?? t.testdir();
  const configFile = join(stateDir, 'config.yaml');
  const writeLocal = (text: string): void =>
    writeFileSync(configFile, `device_id: box\nstate_dir: ${stateDir}\n${text}\n`);
  if (folder === undefined) writeLocal('');
  const readSources = (): ConfigSources => ConfigSources.read({ configFile, environment: {} });
  const sources = readSources();
  const store = await ConfigStore.open(stateDir);
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', destination: { write: (line: string) => lines.push(line) } });
  const deployed: Config[] = [];
  /** The verdicts of the trials that come, the last one for ever. */
  const verdicts: (AgentError | undefined)[] = [undefined];
  const stage = {
    config: sources.effective().config,
    deployment: { model: { id: 'some', skeleton: { name: 'own', keypoints: [], limbs: [] } } },
    stopped: false,
    onTrial: false,
    away: [],
    configure(config: Config) {
      this.config = config;
    },
    async deploy({ config }: { config: Config }) {
      this.config = config;
      deployed.push(config);
    },
    tryOut: async () => (verdicts.length > 1 ? verdicts.shift() : verdicts[0]),
  };
  let resolveModel = async (_: Config): Promise<ResolvedModel> => ({ id: 'some' }) as ResolvedModel;
  const reports: ReportedConfig[] = [];
  const events: AgentEvent[] = [];
  const queue = new TaskQueue(logger);
  const remote = new RemoteConfig({
    ...{ sources, readSources, store, queue, logger },
    stage: stage as never,
    resolveModel: (config) => resolveModel(config),
    isModelName: () => true,
    applyLive: () => {},
    report: (report) => reports.push(report),
    event: (event) => events.push(event),
    onJudged: () => {},
  });
  t.teardown(() => remote.stop());
  const quiet = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) {
      await queue.add(async () => {});
      await new Promise(setImmediate);
    }
  };
  const desire = async (version: number, config: object): Promise<void> => {
    remote.receive(Buffer.from(JSON.stringify({ version, id: `doc-${version}`, config })));
    await quiet();
  };
  const withModel = (resolve: typeof resolveModel): void => {
    resolveModel = resolve;
  };
  const box = { stateDir, writeLocal, sources, store, stage, deployed, verdicts, lines, reports, events };
  return { ...box, remote, desire, quiet, withModel };
}

const anotherWorker = { model: { threads: 2 } };

t.test('of more documents at once than fit the oldest is not answered, and that is told', async (t) => {
  const { remote, quiet, reports, lines } = await setUp(t);
  const document = (version: number): Buffer =>
    Buffer.from(JSON.stringify({ version, id: `doc-${version}`, config: {} }).padEnd(60_000));
  for (let version = 1; version <= 60; version++) remote.receive(document(version));
  await quiet();
  for (let turn = 0; turn < 20; turn++) await quiet();
  t.match(lines.join(''), /too many configurations at once: the oldest is not answered/);
  t.match(reports.at(-1), { version: 60, status: 'applied' });
  t.equal(lines.filter((line) => line.includes('is not answered')).length, 5, 'no more of them in a second');
  t.notOk(
    reports.some(({ version }) => version === 1),
    'the oldest',
  );
});

t.test(
  'of a flood of documents each has its report, some are told, and others have their turn',
  async (t) => {
    const { remote, quiet, reports, events, lines } = await setUp(t);
    const names = Array.from({ length: 1500 }, (_, n) => [`souce${n}`, n]);
    const config = Object.fromEntries(names);
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    const documents = 40;
    const begun = performance.now();
    for (let version = 1; version <= documents; version++) {
      remote.receive(Buffer.from(JSON.stringify({ version, id: `doc-${version}`, config })));
    }
    while (reports.length < documents) await quiet();
    isOver = true;
    t.same(
      reports.map(({ version, status }) => [version, status]),
      Array.from({ length: documents }, (_, n) => [n + 1, 'rejected']),
    );
    t.ok(turns > documents, 'the loop turns in between');
    const perSecond = 5;
    const seconds = (performance.now() - begun) / 1000;
    t.ok(events.length <= perSecond * (seconds + 1), `${events.length} of them are told in ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    remote.receive(Buffer.from(JSON.stringify({ version: 99, id: 'last', config })));
    await quiet();
    const refusals = lines.filter((line) => line.includes('configuration refused'));
    const untold = refusals.map((line) =>
      Number(/(\d+) more were refused and not told/.exec(line)?.[1] ?? 0),
    );
    const counted = untold.reduce((sum, count) => sum + count, refusals.length);
    t.equal(counted, documents + 1, 'what is not told is counted by the next that is');
  },
);

t.test('what would be said of a configuration, as far as it is known', async (t) => {
  const { remote, stage } = await setUp(t);
  t.equal(remote.examine({}), undefined);
  t.match(
    remote.examine({ output: { skeleton: 'coco17' } }),
    { code: 422 },
    'a model of other keypoints runs',
  );
  t.equal(remote.examine({ model: { id: 'other' }, output: { skeleton: 'coco17' } }), undefined, 'not its');
  stage.deployment = undefined as never;
  t.equal(remote.examine({ output: { skeleton: 'coco17' } }), undefined, 'none runs');
});

t.test('the local file read again: live, by a new worker, or not without a restart', async (t) => {
  const { remote, writeLocal, stage, deployed } = await setUp(t);
  writeLocal('stats: {interval_s: 7}');
  await remote.reload();
  t.match([stage.config.stats.interval_s, deployed.length], [7, 0]);
  writeLocal('model: {threads: 2}');
  await remote.reload();
  t.match(deployed, [{ model: { threads: 2 } }]);
  writeLocal('mqtt: {url: "mqtt://192.0.2.1"}');
  await t.rejects(remote.reload(), { code: 'CONFIG_NEEDS_RESTART', message: /mqtt\.url/ });
  stage.onTrial = true;
  await t.rejects(remote.reload(), { code: 'DEPLOYMENT_BUSY' });
});

t.test('a reset at the box: live or by a new worker, and a model that is gone is told', async (t) => {
  const { remote, desire, store, stage, deployed, withModel, lines, events } = await setUp(t);
  await desire(1, { stats: { interval_s: 7 } });
  t.match(await remote.reset(), { version: 1 });
  t.match([stage.config.stats.interval_s === 7, deployed.length], [false, 0], 'live');
  t.match(events, [{ type: 'rollback', detail: { version: 1 } }]);

  await desire(1, anotherWorker);
  await remote.reset();
  t.match(deployed, [anotherWorker, {}], 'by a new worker');
  t.not(stage.config.model.threads, 2);

  await desire(1, anotherWorker);
  withModel(() => Promise.reject(notInstalled));
  await remote.reset();
  t.match(lines.at(-1), /MODEL_NOT_INSTALLED/);
  t.equal(store.state.active, null, 'it is forgotten all the same');
  await desire(1, anotherWorker);
  withModel(() => Promise.reject(new Error('a mistake of ours')));
  stage.config = { ...stage.config, model: { ...stage.config.model, threads: 2 } };
  await t.rejects(remote.reset(), { message: 'a mistake of ours' });
});

t.test('a mistake of ours refuses no document', async (t) => {
  const { desire, reports, lines, withModel } = await setUp(t);
  withModel(() => Promise.reject(new Error('a mistake of ours')));
  await desire(1, anotherWorker);
  t.same(reports, []);
  t.match(lines.at(-1), /a mistake of ours/);

  const ofTheStore = await setUp(t);
  ofTheStore.store.beginProbation = () => Promise.reject(new Error('another of ours'));
  await ofTheStore.desire(1, anotherWorker);
  t.same(ofTheStore.reports, []);
  t.match(ofTheStore.lines.at(-1), /another of ours/);

  const ofTheVerdict = await setUp(t);
  ofTheVerdict.store.markGood = () => Promise.reject(new Error('a third of ours'));
  await ofTheVerdict.desire(1, anotherWorker);
  t.notOk(ofTheVerdict.reports.some(({ status }) => status === 'rolled_back'));
  t.match(ofTheVerdict.lines.at(-1), /a third of ours/);
  ofTheVerdict.remote.stop();

  const ofTheSources = await setUp(t);
  await ofTheSources.desire(1, anotherWorker);
  ofTheSources.stage.tryOut = async () => {
    ofTheSources.sources.effective = () => {
      throw new Error('a fourth of ours');
    };
    return new AgentError('TRIAL_FAILED', 'no frame came');
  };
  await ofTheSources.desire(2, { model: { threads: 1 } });
  t.match(ofTheSources.lines.at(-1), /a fourth of ours/);
});

t.test('a verdict about what is not on probation any more changes nothing', async (t) => {
  const { stage, desire, quiet, reports, deployed, store } = await setUp(t);
  const settle: ((failure?: AgentError) => void)[] = [];
  stage.tryOut = () => new Promise((verdict) => settle.push(verdict));
  await desire(1, { model: { threads: 2 } });
  await desire(2, { model: { threads: 1 } });
  let said = reports.length;
  settle[0]?.();
  await quiet();
  t.match(
    [store.state.active, reports.length],
    [{ version: 2, phase: 'probation' }, said],
    'of an older one',
  );

  await desire(3, { model: { threads: 1 }, stats: { interval_s: 7 } });
  t.match(store.state.active, { version: 3, phase: 'good' }, 'live');
  said = reports.length;
  settle[1]?.(new AgentError('TRIAL_FAILED', 'no frame came'));
  await quiet();
  t.match(
    [store.state.active, reports.length],
    [{ version: 3, phase: 'good' }, said],
    'nothing is on probation',
  );
  t.equal(deployed.length, 2);

  await desire(4, { model: { threads: 2 } });
  stage.stopped = true;
  settle[2]?.();
  await quiet();
  t.match(store.state.active, { version: 4, phase: 'probation' }, 'an agent that ends judges nothing');
});

t.test('a document that cannot be kept as good is rolled back', async (t) => {
  const { stateDir, desire, quiet, store, stage, verdicts, reports, remote } = await setUp(t);
  await desire(1, anotherWorker);
  t.match(reports.at(-1), { version: 1, status: 'applied' });
  const inTheWay = join(stateDir, 'config/state.json.tmp');
  const { tryOut } = stage;
  stage.tryOut = async () => {
    mkdirSync(inTheWay, { recursive: true });
    return undefined;
  };
  await desire(2, { model: { threads: 1 } });
  await quiet();
  t.match(reports.at(-1), { version: 2, status: 'rolled_back', message: /state\.json/ });
  t.match(stage.config.model, { threads: 2 }, 'what was good is back');
  rmSync(inTheWay, { recursive: true });
  stage.tryOut = tryOut;

  verdicts.unshift(new AgentError('TRIAL_FAILED', 'no frame came'));
  await desire(3, { model: { threads: 1 } });
  t.match(reports.at(-1), { version: 3, status: 'rolled_back', message: /no frame came/ });
  t.match(store.state.active, { version: 1 });
  remote.stop();
});

t.test('where the local file does not go with what was good any more, it alone is in effect', async (t) => {
  const before = await setUp(t);
  const camera = { id: 'cam0', source: 'rtsp://192.0.2.7/a', username: 'x', password: { secret: 'door' } };
  before.writeLocal('secrets: {door: {value: canary, hosts: ["192.0.2.7"]}}');
  await before.remote.reload();
  await before.desire(1, { cameras: [camera] });
  t.match(before.reports.at(-1), { version: 1, status: 'applied' });
  before.stage.tryOut = () => new Promise(() => {}); // the agent ends during the probation
  await before.desire(2, { cameras: [{ id: 'cam0', source: 'rtsp://192.0.2.7/b' }] });
  before.remote.stop();

  before.writeLocal('stats: {interval_s: 7}');
  const { remote, verdicts, reports, deployed, quiet } = await setUp(t, before.stateDir);
  verdicts.unshift(new AgentError('TRIAL_FAILED', 'no frame came'));
  remote.start();
  await quiet();
  t.match(reports.at(-1), { version: 2, status: 'rolled_back' });
  t.match(deployed, [{ cameras: [{ source: 'sample:' }], stats: { interval_s: 7 } }]);
});
