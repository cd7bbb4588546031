import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ModelUpdates } from '../../src/agent/model-updates.js';
import type { AgentEvent } from '../../src/agent/remote-config.js';
import { TaskQueue } from '../../src/agent/task-queue.js';
import { ConfigSources } from '../../src/config/config-sources.js';
import type { Config } from '../../src/config/schema.js';
import { AgentError } from '../../src/errors.js';
import { storeAdded } from '../../src/models/added-models.js';
import { installUpdate } from '../../src/models/install-update.js';
import type { Manifest } from '../../src/models/manifest-schema.js';
import { ModelSlots } from '../../src/models/model-slots.js';
import type { AddedManifest } from '../../src/models/own-manifest.js';
import type { ResolvedModel } from '../../src/models/resolve.js';
import { ModelStore } from '../../src/models/store.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { startHttpFileServer } from '../support/http-file-server.js';
import { UpdatePublisher } from '../support/update-publisher.js';

const broken = new AgentError('MODEL_CHECKSUM_MISMATCH', 'its file is damaged');

/** A box with versions 1 and 2 of `hall`, the first at work and good, on a stage that only remembers what it is told. */
async function setUp(t: Test) {
  const stateDir = t.testdir();
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  const publisher = new UpdatePublisher(server);
  const install = async (version: number, change = {}): Promise<void> => {
    publisher.publish({ version, change });
    await installUpdate(
      { envelope: publisher.envelope({ version, change }) },
      { stateDir, policy: publisher.policy },
    );
  };
  for (const version of [1, 2]) await install(version);
  const slots = new ModelSlots({ stateDir });
  await slots.activate('hall@1');
  await slots.markGood('hall@1');
  const environment = { EDGE_POSE_STATE_DIR: stateDir };
  const { config } = ConfigSources.read({ environment }).effective();
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', destination: { write: (line: string) => lines.push(line) } });
  const resolved = async (): Promise<ResolvedModel> => {
    const { current } = await slots.read();
    return { name: current?.name ?? 'catalog', slot: current } as never;
  };
  const deployed: (string | undefined)[] = [];
  const stage = {
    config: config as Config,
    deployment: { config, model: await resolved() } as { config: Config; model: ResolvedModel } | undefined,
    stopped: false,
    onTrial: false,
    away: [],
    async deploy(next: { config: Config; model: ResolvedModel }) {
      deployed.push(next.model.name);
      this.deployment = next;
    },
    tryOut: async (): Promise<AgentError | undefined> => undefined,
    endOpening: (_: AgentError) => false,
  };
  const box = { resolve: resolved };
  const events: AgentEvent[] = [];
  const queue = new TaskQueue(logger);
  const models = new ModelUpdates({
    ...{ stage: stage as never, queue, logger },
    resolveModel: () => box.resolve(),
    event: (event) => events.push(event),
  });
  t.teardown(() => models.stop());
  const quiet = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await queue.add(async () => {});
  };
  const store = new ModelStore(stateDir);
  return { store, publisher, install, slots, stage, models, box, resolved, deployed, events, lines, quiet };
}

/** Nothing can be written any more below the models. */
function fillDisk(store: ModelStore): void {
  rmSync(store.partialFolder, { recursive: true });
  writeFileSync(store.partialFolder, '');
}

/** The same, with version 2 activated at the box while a configuration is on probation. */
async function holding(t: Test) {
  const world = await setUp(t);
  await world.slots.activate('hall@2');
  await world.models.start({ configOnProbation: true });
  return world;
}

t.test('a model that waited is put to work, and is good', async (t) => {
  const { slots, models, deployed, quiet } = await holding(t);
  models.proveHeld();
  await quiet();
  t.same(deployed, ['hall@2']);
  t.match(await slots.read(), { current: { name: 'hall@2', phase: 'good' } });
  models.proveHeld();
  await quiet();
  t.same(deployed, ['hall@2'], 'once');
});

t.test('a model that waited is at work already', async (t) => {
  const { slots, models, stage, resolved, deployed, quiet } = await holding(t);
  stage.deployment = { config: stage.config, model: await resolved() };
  models.proveHeld();
  await quiet();
  t.same(deployed, []);
  t.match(await slots.read(), { current: { name: 'hall@2', phase: 'good' } });
});

t.test('one that waited and is not wanted any more is left alone', async (t) => {
  const left = await holding(t);
  await left.slots.rollBack();
  left.models.proveHeld();
  await left.quiet();
  t.same(left.deployed, [], 'rolled back at the box meanwhile');
  const other = await holding(t);
  other.stage.config = {
    ...other.stage.config,
    model: { ...other.stage.config.model, id: 'blazepose-lite' },
  };
  other.models.proveHeld();
  await other.quiet();
  t.same(other.deployed, [], 'the configuration names another');
  t.match(await other.slots.read(), { current: { name: 'hall@2', phase: 'probation' } });
});

t.test('one that waited and cannot be had is rolled back; a mistake of ours is told', async (t) => {
  const { slots, models, box, resolved, events, quiet } = await holding(t);
  box.resolve = async () => {
    box.resolve = resolved;
    throw broken;
  };
  models.proveHeld();
  await quiet();
  t.match(events, [{ type: 'rollback', code: 'MODEL_CHECKSUM_MISMATCH' }]);
  t.match(await slots.read(), { current: { name: 'hall@1' } });

  const ours = await holding(t);
  ours.box.resolve = () => Promise.reject(new Error('a mistake of ours'));
  ours.models.proveHeld();
  await ours.quiet();
  t.match(ours.lines.at(-1), /a mistake of ours/);
});

t.test('one that failed as often as it may is not tried again', async (t) => {
  const { slots, models, deployed, events, quiet } = await holding(t);
  for (let start = 0; start < 10; start++) await slots.countStart();
  models.proveHeld();
  await quiet();
  t.same(deployed, ['hall@1'], 'the one before');
  t.match(events, [{ type: 'rollback' }]);
});

t.test('an activation: refused under another model, taken back where it cannot be had', async (t) => {
  const { slots, models, stage, box, resolved, deployed } = await setUp(t);
  await models.start({ configOnProbation: false });
  t.match(await models.activate('hall@1'), { active: 'hall@1' }, 'at work already');
  t.same(deployed, []);
  stage.config = { ...stage.config, model: { ...stage.config.model, id: 'blazepose-lite' } };
  await t.rejects(models.activate('hall@2'), { code: 'MODEL_NOT_SELECTED' });
  stage.config = { ...stage.config, model: { ...stage.config.model, id: 'auto' } };
  box.resolve = () => Promise.reject(broken);
  await t.rejects(models.activate('hall@2'), { code: 'MODEL_CHECKSUM_MISMATCH' });
  t.match(await slots.read(), { current: { name: 'hall@1', phase: 'good' } });
  box.resolve = async () => ({ ...(await resolved()), slot: undefined }) as never;
  await t.rejects(models.activate('hall@2'), { code: 'MODEL_NOT_SELECTED' }, 'the choice came out otherwise');
  stage.onTrial = true;
  await t.rejects(models.activate('hall@2'), { code: 'DEPLOYMENT_BUSY' });
});

t.test('an activation of the current one that cannot be had leaves it current', async (t) => {
  const { slots, models, stage, box } = await setUp(t);
  await models.start({ configOnProbation: false });
  stage.deployment = undefined;
  box.resolve = () => Promise.reject(broken);
  await t.rejects(models.activate('hall@1'), { code: 'MODEL_CHECKSUM_MISMATCH' });
  t.match(await slots.read(), { current: { name: 'hall@1', phase: 'good' } });
});

t.test('once a model is good, what nothing goes back to any more is cleared away', async (t) => {
  const { slots, models, install, lines, deployed, quiet } = await setUp(t);
  await install(3);
  await models.start({ configOnProbation: false });
  for (const name of ['hall@2', 'hall@3']) {
    await models.activate(name);
    await quiet();
  }
  t.match(lines.at(-1), /"removed":\["hall@1"\].*old models are cleared away/);
  t.notOk(models.knows('hall@1'));
  t.match(await models.rollBack(), { active: 'hall@2', previous: null });
  t.same(deployed, ['hall@2', 'hall@3', 'hall@2']);
  t.match(await slots.read(), { current: { name: 'hall@2', phase: 'good' } });
});

t.test('on a full disk a verdict and an order are in effect, and said not to be stored yet', async (t) => {
  const judged = await setUp(t);
  await judged.models.start({ configOnProbation: false });
  const { tryOut } = judged.stage;
  judged.stage.tryOut = () => {
    fillDisk(judged.store);
    return tryOut();
  };
  await judged.models.activate('hall@2');
  await judged.quiet();
  t.match(judged.lines.at(-1), /OUTPUT_UNWRITABLE.*in effect, but not stored yet/);
  t.match(await judged.slots.read(), { current: { name: 'hall@2', phase: 'good' } });

  const ordered = await setUp(t);
  await ordered.models.start({ configOnProbation: false });
  await ordered.models.activate('hall@2');
  await ordered.quiet();
  fillDisk(ordered.store);
  t.match(await ordered.models.rollBack(), { active: 'hall@1' });
  t.match(ordered.lines.at(-1), /OUTPUT_UNWRITABLE.*in effect, but not stored yet/);
  t.same(ordered.deployed, ['hall@2', 'hall@1']);
});

t.test('an order to go back ends what is not open yet, and waits for nothing else', async (t) => {
  const { slots, models, stage, quiet } = await setUp(t);
  await models.start({ configOnProbation: false });
  let fail: (error: AgentError) => void = () => {};
  stage.tryOut = () => new Promise((settle) => (fail = settle));
  stage.endOpening = (error) => {
    fail(error);
    return true;
  };
  await models.activate('hall@2');
  t.match(await models.rollBack(), { active: 'hall@1' });
  await quiet();
  t.match(await slots.read(), { current: { name: 'hall@1', phase: 'good' } });
  await models.rollBack();
  t.match(await slots.read(), { current: undefined }, 'back to the catalog');
  await t.rejects(models.rollBack(), { code: 'MODEL_SLOT_EMPTY' });
});

t.test('an agent that ends during a probation judges nothing', async (t) => {
  const { slots, models, stage, quiet } = await setUp(t);
  await models.start({ configOnProbation: false });
  stage.tryOut = async () => {
    stage.stopped = true;
    return undefined;
  };
  await models.activate('hall@2');
  await quiet();
  t.match(await slots.read(), { current: { name: 'hall@2', phase: 'probation' } });
});

t.test('what is there, and what is known', async (t) => {
  const { models, stage, slots, store, install, publisher } = await setUp(t);
  await install(3, { title: null });
  for (const change of [{ model: 'yard', title: 'Of the yard' }, { model: 'shed' }]) {
    const { title: _, expires, version, files, ...facts } = publisher.manifest() as unknown as Manifest;
    const added = files.map(({ url, ...file }) => file);
    mkdirSync(join(store.folder, 'refs', change.model, 'added'), { recursive: true });
    const at = new Date().toISOString();
    await storeAdded({ ...facts, files: added, at, ...change } as AddedManifest, store);
  }
  await models.start({ configOnProbation: false });
  const { models: list } = await models.list();
  t.match(list.slice(-5), [
    { name: 'shed', title: 'shed', installed: false, version: null },
    { name: 'yard', title: 'Of the yard', version: null },
    { name: 'hall@3', title: 'hall', installed: true, version: 3 },
    { name: 'hall@2', title: 'A model for the hall', installed: true, version: 2 },
    { name: 'hall@1', title: 'A model for the hall', installed: true, version: 1 },
  ]);
  t.ok(models.knows('hall') && models.knows('hall@2') && models.knows('blazepose-lite'));
  t.notOk(models.knows('nobody'));
  await slots.rollBack();
  stage.deployment = undefined;
  t.match(await models.list(), { active: null, previous: null }, 'nothing runs');
});
