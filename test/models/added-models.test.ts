import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isAdded, readAdded, removeAdded } from '../../src/models/added-models.js';
import { collectGarbage } from '../../src/models/collect-garbage.js';
import { installUpdate } from '../../src/models/install-update.js';
import { ModelSlots } from '../../src/models/model-slots.js';
import { seal } from '../../src/models/sealed-file.js';
import { makeOld, refusal, setUpOwnModels as setUp } from '../support/add-own-model.js';
import { startHttpFileServer } from '../support/http-file-server.js';
import { writeOwnModel } from '../support/own-model.js';
import { UpdatePublisher } from '../support/update-publisher.js';

// Models are opened: slow beside other tests.
t.setTimeout(300_000);

t.test('clearing away leaves an added model, and frees one that was removed', async (t) => {
  const { models, state, store, add, resolve } = setUp(t);
  await add({ path: await writeOwnModel(models, 'hall', { format: 'ir' }) });
  makeOld(store);
  await collectGarbage({ stateDir: state });
  t.match(await resolve('hall'), { id: 'hall' });

  // One whose description is damaged keeps its files.
  const description = join(store.addedFolder, 'hall.json');
  const text = readFileSync(description);
  writeFileSync(description, text.subarray(0, 40));
  makeOld(store);
  await collectGarbage({ stateDir: state });
  await t.rejects(resolve('hall'), { code: 'MODEL_MANIFEST_INVALID' });
  writeFileSync(description, text);
  t.match(await resolve('hall'), { id: 'hall' });

  await removeAdded('hall', store);
  await t.rejects(removeAdded('hall', store), { code: 'MODEL_UNKNOWN' });
  await t.rejects(resolve('hall'), { code: 'MODEL_UNKNOWN' });
  const { bytes } = await collectGarbage({ stateDir: state });
  t.ok(bytes > 0);
  t.same(readdirSync(join(store.folder, 'blobs/sha256')), []);
});

t.test('it can be activated and gone back from', async (t) => {
  const { models, state, add, resolve } = setUp(t);
  await add({ path: await writeOwnModel(models, 'hall') });
  const slots = new ModelSlots({ stateDir: state });
  await slots.activate('blazepose-lite');
  await slots.markGood('blazepose-lite/FP16');
  t.equal(await slots.activate('hall'), 'hall/added');
  t.match(await resolve('auto'), { id: 'hall', slot: { name: 'hall/added', phase: 'probation' } });
  t.match(await resolve('hall'), { slot: { name: 'hall/added' } });
  t.match(await slots.rollBack(), { from: 'hall/added', to: 'blazepose-lite/FP16' });
});

t.test('descriptions that somebody put into the state folder', async (t) => {
  const { models, store, add, resolve } = setUp(t);
  await add({ path: await writeOwnModel(models, 'hall') });
  const text = readFileSync(join(store.addedFolder, 'hall.json'), 'utf8');
  const put = (name: string, content: string) => writeFileSync(join(store.addedFolder, name), content);
  put('yard.json', text);
  put('shed.json', seal('added shed', { ...JSON.parse(text).content, model: 'shed', files: [] }));
  put('hut.json', text.replace(/"mean": \d/, '"mean": 7'));
  put('auto.json', text);
  put('notes.txt', 'x');
  mkdirSync(join(store.addedFolder, 'lawn.json'));
  const { manifests, faults } = await readAdded(store);
  t.same(
    manifests.map(({ model }) => model),
    ['hall'],
  );
  t.match(faults.get('yard')?.message, /yard\.json is "added hall" in the place of another/);
  t.match(faults.get('shed')?.message, /shed\.json was written by another version/);
  t.match(faults.get('lawn')?.message, /lawn\.json is a folder/);
  t.match(faults.get('hut')?.message, /hut\.json does not have its checksum/);
  t.equal(faults.size, 4);
  await t.rejects(resolve('yard'), { code: 'MODEL_MANIFEST_INVALID' });
  t.equal(isAdded('auto', store), false);
  t.equal(isAdded('../added/hall', store), false);
  t.equal(isAdded('x'.repeat(5000), store), false);
});

t.test('an update cannot take the name of an added model', async (t) => {
  const { models, state, add, resolve } = setUp(t);
  await add({ path: await writeOwnModel(models, 'hall') });
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  const publisher = new UpdatePublisher(server);
  publisher.publish({ version: 1 });
  const install = installUpdate(
    { envelope: publisher.envelope({ version: 1 }) },
    { stateDir: state, policy: publisher.policy },
  );
  t.match(
    await refusal(install),
    /MODEL_NAME_TAKEN hall@1 cannot be installed: a model called hall was added/,
  );
  t.match(await resolve('hall'), { variant: 'added' });
});

t.test('auto does not pass over an activated one that is damaged', async (t) => {
  const { models, state, store, add, resolve } = setUp(t);
  await add({ path: await writeOwnModel(models, 'hall') });
  await new ModelSlots({ stateDir: state }).activate('hall');
  writeFileSync(join(store.addedFolder, 'hall.json'), '{"v":1,');
  await t.rejects(resolve('auto'), { code: 'MODEL_MANIFEST_INVALID' });
});
