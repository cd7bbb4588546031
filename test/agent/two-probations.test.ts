import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { stringify } from 'yaml';
import { deployableModel } from '../../src/agent/deployable-model.js';
import { ModelUpdates } from '../../src/agent/model-updates.js';
import { RemoteConfig } from '../../src/agent/remote-config.js';
import { startConfig } from '../../src/agent/start-config.js';
import { startModel } from '../../src/agent/start-model.js';
import { TaskQueue } from '../../src/agent/task-queue.js';
import { canonicalSha256 } from '../../src/config/canonical-json.js';
import { ConfigSources } from '../../src/config/config-sources.js';
import { ConfigStore } from '../../src/config/config-store.js';
import type { Config } from '../../src/config/schema.js';
import { AgentError } from '../../src/errors.js';
import { installUpdate } from '../../src/models/install-update.js';
import { ModelSlots } from '../../src/models/model-slots.js';
import type { ResolvedModel } from '../../src/models/resolve.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { startHttpFileServer } from '../support/http-file-server.js';
import { UpdatePublisher } from '../support/update-publisher.js';

const logger = createLogger({ level: 'silent' });
/** What tells the document on probation from the local file. */
const mark = 13;

/** How a bad one shows itself: its trial fails, or the whole agent goes down with it. */
type Kind = 'good' | 'fails' | 'crashes';

interface World {
  stateDir: string;
  sources: ConfigSources;
  config: Kind;
  model: Kind;
}

type Deployment = { config: Config; model: ResolvedModel };

/** One agent from its start until it is quiet or goes down; true where it went down. `cut`: the power fails at once. */
async function session({ stateDir, sources, ...kinds }: World, cut: boolean): Promise<boolean> {
  const store = await ConfigStore.open(stateDir);
  const { config } = await startConfig(sources, store);
  const configOnProbation = store.state.active?.phase === 'probation';
  const { model } = await startModel(config, { configOnProbation });
  if (model instanceof AgentError) throw model;
  if (cut) return true;
  let down = false;
  const kindsOf = ({ config, model }: Deployment): Kind[] => [
    config.stats.interval_s === mark ? kinds.config : 'good',
    model.slot?.name === 'hall@2' ? kinds.model : 'good',
  ];
  let tries = 0;
  const stage = {
    config,
    deployment: { config, model } as Deployment,
    stopped: false,
    onTrial: false,
    away: [],
    configure(next: Config) {
      this.config = next;
    },
    async deploy(next: Deployment) {
      this.config = next.config;
      this.deployment = next;
    },
    async tryOut() {
      if (this.onTrial) throw new Error('two trials at once');
      tries++;
      this.onTrial = true;
      await new Promise((settle) => setImmediate(settle));
      this.onTrial = false;
      const found = kindsOf(this.deployment);
      if (found.includes('crashes')) {
        down = true;
        this.stopped = true;
      }
      return found.includes('good') && !found.includes('fails') && !down
        ? undefined
        : new AgentError('TRIAL_FAILED', 'it is bad');
    },
  };
  const queue = new TaskQueue(logger);
  const models = new ModelUpdates({
    stage: stage as never,
    queue,
    logger,
    resolveModel: deployableModel,
    event: () => {},
  });
  const remote = new RemoteConfig({
    sources,
    readSources: () => sources,
    store,
    stage: stage as never,
    queue,
    logger,
    resolveModel: (next) => models.resolve(next),
    isModelName: () => true,
    applyLive: () => {},
    report: () => {},
    event: () => {},
    onJudged: () => models.proveHeld(),
  });
  await models.start({ configOnProbation });
  remote.start();
  // What one task brings on stands in the queue behind it: quiet for several rounds is quiet.
  for (let quiet = 0, before = 0; quiet < 5 && !down; quiet = tries === before ? quiet + 1 : 0) {
    before = tries;
    await new Promise((settle) => setTimeout(settle, 5));
    await queue.add(async () => {});
  }
  queue.stop();
  remote.stop();
  models.stop();
  return down;
}

t.test(
  'a configuration and a model on probation at once: each gets its own verdict',
  { timeout: 300_000 },
  async (t) => {
    const server = await startHttpFileServer();
    t.teardown(() => server.close());
    const publisher = new UpdatePublisher(server);
    for (const version of [1, 2]) publisher.publish({ version });
    const kind = fc.constantFrom<Kind>('good', 'fails', 'crashes');
    // Two cuts of the power are fewer than what a probation survives.
    const cuts = fc.array(fc.boolean(), { maxLength: 2 });
    const run = async (config: Kind, model: Kind, cut: boolean[]): Promise<void> => {
      const stateDir = mkdtempSync(join(tmpdir(), 'two-probations-'));
      try {
        const configFile = join(stateDir, 'config.yaml');
        writeFileSync(configFile, stringify({ device_id: 'box', state_dir: stateDir }));
        const sources = ConfigSources.read({ configFile, environment: {} });
        for (const version of [1, 2]) {
          await installUpdate(
            { envelope: publisher.envelope({ version }) },
            { stateDir, policy: publisher.policy },
          );
        }
        const slots = new ModelSlots({ stateDir });
        await slots.activate('hall@1');
        await slots.markGood('hall@1');
        await slots.activate('hall@2');
        const document = { stats: { interval_s: mark } };
        const store = await ConfigStore.open(stateDir);
        await store.beginProbation({
          version: 1,
          id: 'a',
          config: document,
          sha256: canonicalSha256(document),
        });
        const world = { stateDir, sources, config, model };
        let sessions = 0;
        const left = [...cut];
        while (await session(world, left.shift() ?? false)) {
          if (++sessions > 12) throw new Error('a crash loop');
        }
        const { state } = await ConfigStore.open(stateDir);
        const { current } = await slots.read();
        const told = [state.lastTerminalReport?.status, `${current?.name} ${current?.phase}`];
        const expected = [
          config === 'good' ? 'applied' : 'rolled_back',
          model === 'good' ? 'hall@2 good' : 'hall@1 good',
        ];
        t.same(told, expected, `${config} configuration, ${model} model, power cuts ${JSON.stringify(cut)}`);
      } finally {
        rmSync(stateDir, { recursive: true, force: true });
      }
    };
    await fc.assert(fc.asyncProperty(kind, kind, cuts, run), { numRuns: 12 });
  },
);
