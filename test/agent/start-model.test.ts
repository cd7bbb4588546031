import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startModel } from '../../src/agent/start-model.js';
import { AgentError } from '../../src/errors.js';
import { installUpdate } from '../../src/models/install-update.js';
import { ModelSlots } from '../../src/models/model-slots.js';
import { startHttpFileServer } from '../support/http-file-server.js';
import { UpdatePublisher } from '../support/update-publisher.js';

/** A box with `hall@1` on probation. */
async function setUp(t: Test) {
  const stateDir = t.testdir();
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  const publisher = new UpdatePublisher(server);
  publisher.publish({ version: 1 });
  const envelope = publisher.envelope({ version: 1 });
  await installUpdate({ envelope }, { stateDir, policy: publisher.policy });
  const slots = new ModelSlots({ stateDir });
  await slots.activate('hall');
  return {
    stateDir,
    slots,
    config: {
      model: { id: 'auto', engine: 'auto', device: 'auto' },
      output: { skeleton: 'native' },
      state_dir: stateDir,
    } as never,
  };
}

t.test('a model that brought the agent down three times is not started a fourth time', async (t) => {
  const { slots, config } = await setUp(t);
  for (const start of [1, 2, 3]) {
    t.match(await startModel(config), { model: { name: 'hall@1' }, events: [] }, `start ${start}`);
  }
  const { model, notices, events } = await startModel(config);
  t.match(model, { name: 'blazepose-full' });
  t.match(notices, [/hall@1 is rolled back: the agent went down 3 times/]);
  t.match(events, [{ type: 'rollback', detail: { model: 'hall@1' } }]);
  t.match(await slots.read(), { current: undefined, updates: [{ status: 'rolled_back' }] });
});

t.test('a model on probation whose files are damaged is left, too', async (t) => {
  const { config } = await setUp(t);
  const { model } = await startModel(config);
  if (model instanceof AgentError) throw model;
  truncateSync(model.main, 100);
  const again = await startModel(config);
  t.match(again.model, { name: 'blazepose-full' });
  t.match(again.notices, [/hall@1 is rolled back: .*damaged/]);
});

t.test('a model that the configuration does not name is neither counted nor blamed', async (t) => {
  const { slots, config, stateDir } = await setUp(t);
  const other = {
    model: { id: 'human-pose-estimation-0001', engine: 'auto', device: 'auto' },
    state_dir: stateDir,
  } as never;
  for (let start = 1; start <= 4; start++) {
    t.match(await startModel(other), { model: { code: 'MODEL_NOT_INSTALLED' }, notices: [], events: [] });
  }
  t.match(await slots.read(), { current: { name: 'hall@1', phase: 'probation' } });
  t.match(await startModel(config), { model: { name: 'hall@1' } });
});

t.test('a start that cannot be counted is not tried with what is on probation', async (t) => {
  const { slots, config, stateDir } = await setUp(t);
  const partial = join(stateDir, 'models/partial');
  const makeUnwritable = () => {
    rmSync(partial, { recursive: true, force: true });
    writeFileSync(partial, '');
  };
  makeUnwritable();
  for (const start of [1, 2]) {
    const { model, notices, events } = await startModel(config);
    t.match(model, { name: 'blazepose-full' }, `start ${start}`);
    t.match(notices, [/hall@1 is rolled back: its starts cannot be counted: .* not stored yet/]);
    t.match(events, [{ type: 'rollback', message: /not stored yet/, detail: { stored: false } }]);
    // The next start is another process, which knows only what is on the disk.
    rmSync(partial);
    await slots.writeUnwritten();
    await slots.activate('hall@1');
    makeUnwritable();
  }
});

t.test('beside a configuration on probation a model waits, uncounted', async (t) => {
  const { slots, config } = await setUp(t);
  for (let start = 1; start <= 5; start++) {
    const { model, notices, events } = await startModel(config, { configOnProbation: true });
    t.match(model, { name: 'blazepose-full' }, `start ${start}`);
    t.match(notices, [/hall@1 is tried when the configuration is judged/]);
    t.same(events, []);
  }
  t.match(await slots.read(), { current: { name: 'hall@1', phase: 'probation' } });
  t.equal(await slots.countStart(), 1, 'not one of them counted');
  const named = { ...(config as object), model: { id: 'hall', engine: 'auto', device: 'auto' } } as never;
  t.match(
    (await startModel(named, { configOnProbation: true })).model,
    { name: 'hall@1' },
    'where nothing else could run, it does',
  );
});

t.test('damage to the state of the slots is told', async (t) => {
  const { config, stateDir } = await setUp(t);
  writeFileSync(join(stateDir, 'models/slots/2.json'), '');
  const { model, notices } = await startModel(config);
  t.match(model, { name: 'hall@1' });
  t.match(notices, [/slots\/2\.json is no JSON; its copy stands in for it/]);
});
