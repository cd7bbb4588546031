import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t, { type Test } from 'tap';
import { AgentError } from '../../src/errors.js';
import { installUpdate } from '../../src/models/install-update.js';
import { ModelSlots } from '../../src/models/model-slots.js';
import { pull } from '../../src/models/pull.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { SlotsFile } from '../../src/models/slots-file.js';
import { ModelStore } from '../../src/models/store.js';
import { fileDamages } from '../support/file-damage.js';
import { startHttpFileServer, whole } from '../support/http-file-server.js';
import { requireStrace } from '../support/require-strace.js';
import { tinyCatalog, tinyFiles } from '../support/tiny-catalog.js';
import { type Draft, UpdatePublisher } from '../support/update-publisher.js';

const pace = { silenceMs: 300, retryMs: [] };

/** A machine with the catalog's `net` and versions 1 to 3 of `hall`. */
async function setUp(t: Test) {
  const stateDir = t.testdir();
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  const publisher = new UpdatePublisher(server);
  server.on('/net.xml', whole(tinyFiles.xml));
  server.on('/net.bin', whole(tinyFiles.bin));
  const catalog = tinyCatalog(server.url);
  const store = new ModelStore(stateDir);
  await pull(catalog.find('net'), { store, pace });
  const slots = new ModelSlots({ stateDir, catalog, findPackage: () => undefined });
  const resolve = (name: string) =>
    resolveInstalled(name, { stateDir, catalog, findPackage: () => undefined });
  const install = (draft: Draft) => {
    publisher.publish(draft);
    return installUpdate(
      { envelope: publisher.envelope(draft) },
      { stateDir, policy: publisher.policy, pace },
    );
  };
  for (const version of [1, 2, 3]) await install({ version });
  return { stateDir, slots, store, resolve, install };
}

const slotFiles = (store: ModelStore) =>
  readdirSync(store.slotsFolder)
    .filter((name) => name !== 'copy.json')
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));

t.test('from one model to the next, on probation and good', async (t) => {
  const { slots, resolve } = await setUp(t);
  t.match(await resolve('auto'), { name: 'net', slot: undefined }, 'before anything is activated');
  t.equal(await slots.activate('hall@1'), 'hall@1');
  t.match(await slots.read(), { current: { name: 'hall@1', phase: 'probation' }, previous: undefined });
  await slots.markGood('hall@2'); // not the model that runs
  t.match(await slots.read(), { current: { phase: 'probation' } });
  await slots.markGood('hall@1');
  t.equal(await slots.markGood('hall@1'), undefined, 'once more, and it is stored');
  t.match(await resolve('auto'), { name: 'hall@1', slot: { phase: 'good' } });

  t.equal(await slots.activate('hall@3'), 'hall@3');
  t.match(await slots.read(), { current: { name: 'hall@3', phase: 'probation' }, previous: 'hall@1' });
  t.equal(await slots.activate('hall@2'), 'hall@2');
  t.match(await slots.read(), { previous: 'hall@1' }, 'a model that was never good is nothing to go back to');
  const before = await slots.read();
  t.equal(await slots.activate('hall@2'), 'hall@2');
  t.same(await slots.read(), before, 'what is current already is not activated again');
  t.equal(await slots.activate('hall@1'), 'hall@1');
  t.match(await slots.read(), { previous: undefined }, 'no model is what it goes back to itself');
});

t.test('back to the model before', async (t) => {
  const { slots, resolve } = await setUp(t);
  await t.rejects(slots.rollBack(), { code: 'MODEL_SLOT_EMPTY' });
  await slots.activate('hall@1');
  await slots.markGood('hall@1');
  await slots.activate('hall@2');
  t.equal(
    await slots.rollBack({ from: 'hall@1' }),
    undefined,
    'meant for a model that is not current any more',
  );
  t.match(await slots.read(), { current: { name: 'hall@2' } });
  t.same(await slots.rollBack({ from: 'hall@2' }), { from: 'hall@2', to: 'hall@1' });
  t.match(await slots.read(), {
    current: { name: 'hall@1', phase: 'good' },
    previous: undefined,
    updates: [
      { name: 'hall@3', status: 'new' },
      { name: 'hall@2', status: 'rolled_back' },
      { name: 'hall@1', status: 'good' },
    ],
  });
  t.match(await resolve('auto'), { name: 'hall@1', slot: { phase: 'good' } });
  t.same(await slots.rollBack(), { from: 'hall@1', to: undefined });
  t.match(
    await resolve('auto'),
    { name: 'net', slot: undefined },
    'below everything is what was there before',
  );
  await t.rejects(slots.rollBack(), { code: 'MODEL_SLOT_EMPTY' });
  t.equal(await slots.activate('hall@2'), 'hall@2', 'what was rolled back can be tried again on demand');
  t.equal(await slots.markGood('hall@2'), undefined);
  t.match((await slots.read()).updates, [{}, { name: 'hall@2', status: 'good' }]);
});

t.test('a bare name is the version that counts', async (t) => {
  const { slots, resolve, install } = await setUp(t);
  t.equal(await slots.activate('hall'), 'hall@3', 'to activate: the newest');
  t.match(await resolve('hall'), { name: 'hall@3', slot: { phase: 'probation' } }, 'to run: the current one');
  await slots.markGood('hall@3');
  await install({ version: 4 });
  t.match(await resolve('hall'), { name: 'hall@3' }, 'installed is not enough');
  await slots.activate('net');
  t.match(await resolve('hall'), { name: 'hall@3', slot: undefined }, 'good is enough, current or not');
  await slots.activate('hall@4');
  t.match(await resolve('hall'), { name: 'hall@4' });
  await slots.rollBack();
  t.match(await resolve('hall'), { name: 'hall@3' });
  t.equal(await slots.activate('hall'), 'hall@3', 'what was rolled back is not the newest any more');
  t.match(await resolve('hall@4'), { name: 'hall@4' }, 'a full name is always that version');
});

t.test('an update of a model of the catalog takes its name, and gives it back', async (t) => {
  const { slots, resolve, install } = await setUp(t);
  await install({ model: 'net', version: 1 });
  t.match(await resolve('net'), { name: 'net', variant: 'A' });
  await slots.activate('net');
  t.match(await slots.read(), { current: { name: 'net@1' } });
  t.match(await resolve('net'), { name: 'net@1' });
  t.match(await resolve('net/A'), { name: 'net', variant: 'A' }, 'the catalog’s own by its full name');
  t.same(await slots.rollBack(), { from: 'net@1', to: undefined });
  t.match(await resolve('net'), { name: 'net', variant: 'A' });
  t.equal(await slots.activate('net'), 'net/A', 'the catalog’s can be activated too');
  t.match(await resolve('net'), { name: 'net', slot: { name: 'net/A', phase: 'probation' } });
});

t.test('what cannot be activated', async (t) => {
  const { slots, resolve } = await setUp(t);
  await t.rejects(slots.activate('hal@1'), { code: 'MODEL_UNKNOWN', message: /did you mean hall@1\?/ });
  await t.rejects(slots.activate('hall@9'), { code: 'MODEL_UNKNOWN' });
  await t.rejects(slots.activate('packed'), { code: 'MODEL_NOT_INSTALLED' });
  truncateSync((await resolve('hall@2')).files.bin ?? '', 5);
  await t.rejects(slots.activate('hall@2'), {
    code: 'MODEL_CHECKSUM_MISMATCH',
    message: /hall@2 is damaged/,
  });
  t.match(await slots.read(), { current: undefined });
});

t.test('no single update uses the versions up', async (t) => {
  const { install, slots } = await setUp(t);
  const step = 2 ** 43;
  for (const version of [Number.MAX_SAFE_INTEGER, step + 1]) {
    await t.rejects(install({ version }), {
      code: 'MODEL_VERSION_REFUSED',
      message: new RegExp(`hall@${version} would use the versions up: expected at most ${step} after hall@3`),
    });
  }
  await t.rejects(install({ model: 'other', version: step + 1 }), { message: /for a first update/ });
  await install({ model: 'other', version: Date.parse('2199-01-01') });
  await install({ version: 4 });
  t.match((await slots.read()).updates.at(0), { name: 'hall@4' }, 'what was refused counts for nothing');
});

t.test('versions that are too high are forgotten on demand, but for what is in a slot', async (t) => {
  const { slots, install, resolve } = await setUp(t);
  const high = 2 ** 43;
  await slots.activate('hall@2');
  await slots.markGood('hall@2');
  await install({ version: high });
  await slots.activate(`hall@${high}`);
  await t.rejects(slots.resetVersions('hall'), {
    code: 'MODEL_IN_USE',
    message: `hall@${high}, the highest version, is current`,
  });
  await slots.rollBack({ from: `hall@${high}` });
  await t.rejects(install({ version: 4 }), { code: 'MODEL_VERSION_REFUSED' }, 'locked out');
  t.same(await slots.resetVersions('hall'), { floor: 2, forgotten: [`hall@${high}`, 'hall@3', 'hall@1'] });
  t.match(await resolve('auto'), { name: 'hall@2', slot: { phase: 'good' } }, 'what runs, runs on');
  await t.rejects(install({ version: 2, change: { title: 'another' } }), { code: 'MODEL_VERSION_REFUSED' });
  await t.rejects(install({ version: 1 }), { code: 'MODEL_VERSION_REFUSED' }, 'nothing below it');
  await install({ version: 3 });
  t.equal(await slots.activate('hall'), 'hall@3');

  await slots.rollBack();
  await slots.rollBack();
  t.match(await slots.resetVersions('hall'), { floor: 0 });
  await install({ version: 1 });
  t.match(await slots.read(), { updates: [{ name: 'hall@1', status: 'new' }], faults: [] });
  await slots.activate('hall@1');
  await slots.markGood('hall@1');
  await slots.activate('net');
  await t.rejects(slots.resetVersions('hall'), {
    code: 'MODEL_IN_USE',
    message: 'hall@1, the highest version, is what a roll-back goes to',
  });
  await t.rejects(slots.resetVersions('hal'), {
    code: 'MODEL_UNKNOWN',
    message: /No update of a model called "hal" was accepted: updated were hall/,
  });
});

t.test('without any update there are no versions to forget', async (t) => {
  const slots = new ModelSlots({ stateDir: t.testdir() });
  await t.rejects(slots.resetVersions('hall'), {
    code: 'MODEL_UNKNOWN',
    message: /no model was ever updated here/,
  });
});

t.test('a change that fails by itself takes no effect, written or not', async (t) => {
  const file = new SlotsFile(new ModelStore(t.testdir()));
  const failing = file.updateEvenUnwritten(() => {
    throw new Error('a mistake of ours');
  });
  await t.rejects(failing, { message: 'a mistake of ours' });
  const refusing = file.updateEvenUnwritten(() => {
    throw new AgentError('MODEL_UNKNOWN', 'no such model');
  });
  await t.rejects(refusing, { code: 'MODEL_UNKNOWN' });
  t.equal(await file.writeUnwritten(), false);
});

t.test('a damaged model to go back to is passed over, aloud', async (t) => {
  const { slots, resolve } = await setUp(t);
  await slots.activate('hall@1');
  await slots.markGood('hall@1');
  await slots.activate('hall@2');
  truncateSync((await resolve('hall@1')).files.bin ?? '', 5);
  t.match(await slots.rollBack(), {
    from: 'hall@2',
    to: undefined,
    passedOver: /hall@1 is damaged: .*expected 20000 bytes/,
  });
  t.match(await resolve('auto'), { name: 'net' });
});

t.test('a current model that is damaged is not replaced without a word', async (t) => {
  const { slots, resolve } = await setUp(t);
  await slots.activate('hall@1');
  truncateSync((await resolve('auto')).files.bin ?? '', 5);
  await t.rejects(resolve('auto'), { code: 'MODEL_CHECKSUM_MISMATCH' });
  t.match(await slots.rollBack(), { from: 'hall@1' });
  t.match(await resolve('auto'), { name: 'net' });
});

t.test('a damaged state is replaced by the one before it, and the damage is reported', async (t) => {
  const { slots, store, resolve } = await setUp(t);
  await slots.activate('hall@1');
  await slots.activate('hall@2');
  const newest = join(store.slotsFolder, slotFiles(store).at(-1) ?? '');
  const good = readFileSync(newest, 'utf8');
  const damages: [string, string, RegExp][] = [
    ['torn', good.slice(0, good.length / 2), /no JSON/],
    ['empty', '', /no JSON/],
    ['one letter', good.replace('"probation"', '"good"'), /checksum/],
    ['one digit', good.replace(/"bytes": \d/, '"bytes": 9'), /checksum/],
    ['zeros', '\0'.repeat(good.length), /no JSON/],
    [
      'an older one',
      readFileSync(join(store.slotsFolder, slotFiles(store).at(-2) ?? ''), 'utf8'),
      /in the place of/,
    ],
  ];
  for (const [what, text] of damages) {
    writeFileSync(newest, text);
    const { current, faults } = await slots.read();
    t.match(
      { current, faults },
      { current: { name: 'hall@2' }, faults: [/its copy stands in for it$/] },
      what,
    );
  }
  rmSync(join(store.slotsFolder, 'copy.json'));
  for (const [what, text, reason] of damages) {
    writeFileSync(newest, text);
    const { current, faults } = await slots.read();
    t.match({ current, faults }, { current: { name: 'hall@1' }, faults: [reason] }, what);
    t.match(await resolve('auto'), { name: 'hall@1' }, what);
  }
  await slots.activate('hall@3');
  t.match(
    await slots.read(),
    { current: { name: 'hall@3' }, faults: [] },
    'the next change goes on from there',
  );

  const files = slotFiles(store);
  for (const file of [...files, 'copy.json']) writeFileSync(join(store.slotsFolder, file), '{}');
  t.match(await slots.read(), { current: undefined, updates: [], faults: { length: files.length } });
  t.match(await resolve('auto'), { name: 'net' }, 'with nothing left, it is as before there were updates');
  rmSync(store.slotsFolder, { recursive: true });
  t.match(await slots.read(), { current: undefined, faults: [] });
});

t.test('no single file of the slots, damaged or gone, changes what is in them', async (t) => {
  const { slots, store } = await setUp(t);
  await slots.activate('hall@1');
  await slots.markGood('hall@1');
  await slots.activate('hall@2');
  const expected = await slots.read();
  const files = readdirSync(store.slotsFolder).map((name) => join(store.slotsFolder, name));
  const newest = slotFiles(store).at(-1) as string;
  for (const [index, path] of files.entries()) {
    const other = files[(index + 1) % files.length] as string;
    for (const { name, inflict } of fileDamages) {
      const kept = files.map((file) => readFileSync(file));
      inflict(path, other);
      const { faults, ...found } = await slots.read();
      t.match({ ...found, faults: [] }, { ...expected, faults: [] }, `${basename(path)}, ${name}`);
      // Others may be in the place of one another; of these it is known.
      if (name === 'gone' && basename(path) === newest)
        t.match(faults, [/does not exist; its copy stands in/]);
      for (const [at, file] of files.entries()) {
        rmSync(file, { recursive: true, force: true });
        writeFileSync(file, kept[at] as Buffer, { mode: 0o600 });
      }
    }
  }
  rmSync(join(store.slotsFolder, newest));
  await slots.activate('hall@3');
  t.match(
    await slots.read(),
    { current: { name: 'hall@3' }, previous: 'hall@1', faults: [] },
    'it goes on from there',
  );
});

t.test('old states are kept for a while, and not without end', async (t) => {
  const { slots, store } = await setUp(t);
  for (let turn = 0; turn < 10; turn++) await slots.activate(`hall@${1 + (turn % 3)}`);
  t.equal(slotFiles(store).length, 8);
  t.same(readdirSync(store.partialFolder), [], 'nothing is left lying about');
});

t.test('writers at the same time all get their way, one after the other', async (t) => {
  const { stateDir, slots } = await setUp(t);
  const writers = Array.from({ length: 12 }, () => new SlotsFile(new ModelStore(stateDir)));
  await Promise.all(
    writers.map((file, index) =>
      file.update((state) => ({ ...state, floors: [...state.floors, { model: `m${index}`, version: 1 }] })),
    ),
  );
  const { state } = await (writers[0] as SlotsFile).read();
  t.equal(state.floors.length, 13, 'not one was lost');
  t.match(await slots.read(), { faults: [], updates: { length: 3 } });
});

t.test('a change is on disk before it is reported', async (t) => {
  if (!requireStrace(t)) return;
  const { stateDir, store } = await setUp(t);
  const script = `
    import { SlotsFile } from ${JSON.stringify(join(import.meta.dirname, '../../src/models/slots-file.ts'))};
    import { ModelStore } from ${JSON.stringify(join(import.meta.dirname, '../../src/models/store.ts'))};
    const file = new SlotsFile(new ModelStore(${JSON.stringify(stateDir)}));
    await file.update((state) => ({ ...state, previous: 'net/A' }));
    process.stdout.write('reported');
  `;
  const log = join(stateDir, 'strace.log');
  const strace = ['-f', '-y', '-e', 'trace=fsync,link,linkat,rename,renameat,renameat2,write', '-o', log];
  const node = [process.execPath, '--import=tsx', '--input-type=module', '-e', script];
  execFileSync('strace', [...strace, ...node], { stdio: ['ignore', 'ignore', 'inherit'] });
  const calls = readFileSync(log, 'utf8').split('\n');
  const order = [
    calls.findIndex((line) => /fsync\(\d+<.*partial\/slots\./.test(line)),
    calls.findIndex((line) => /link(at)?\(.*partial\/slots\..*slots\/\d+\.json/.test(line)),
    calls.findIndex((line) => /fsync\(\d+<[^>]*models\/slots>/.test(line)),
    calls.findIndex((line) => line.includes('"reported"')),
  ];
  t.ok(
    order.every((line) => line >= 0),
    `every step is there: ${order}`,
  );
  t.same(
    order,
    [...order].sort((a, b) => a - b),
    'file, link, folder, and only then the report',
  );
  t.equal(slotFiles(store).length, 4);
});

t.test('starts with a model on probation are counted, until it is good', async (t) => {
  const { slots } = await setUp(t);
  t.equal(await slots.countStart(), 0, 'nothing is activated');
  await slots.activate('hall@1');
  t.equal(await slots.countStart(), 1);
  t.equal(await slots.countStart(), 2);
  await slots.activate('hall@2');
  t.equal(await slots.countStart(), 1, 'of another model');
  await slots.markGood('hall@2');
  t.equal(await slots.countStart(), 0);
});

/** Nothing can be written any more, and everything be read; returns what makes it well again. */
function unwritable(store: ModelStore): () => void {
  rmSync(store.partialFolder, { recursive: true });
  writeFileSync(store.partialFolder, '');
  return () => rmSync(store.partialFolder);
}

t.test(
  'a roll-back needs no disk: it is in effect, told as what it is, and stored when it can be',
  async (t) => {
    const { stateDir, slots, store, resolve } = await setUp(t);
    await slots.activate('hall@1');
    await slots.markGood('hall@1');
    await slots.activate('hall@2');
    const stored = slotFiles(store);
    const heal = unwritable(store);
    await t.rejects(slots.rollBack({ from: 'hall@2' }), { code: 'OUTPUT_UNWRITABLE' }, 'a command fails');
    t.match(await resolve('auto'), { name: 'hall@2' });
    t.match(await slots.rollBack({ from: 'hall@2', evenUnwritten: true }), {
      from: 'hall@2',
      to: 'hall@1',
      unwritten: { code: 'OUTPUT_UNWRITABLE' },
    });
    t.match(
      await resolve('auto'),
      { name: 'hall@1', slot: { phase: 'good' } },
      'the bad model is gone at once',
    );
    t.match(
      await new ModelSlots({ stateDir }).read(),
      { current: { name: 'hall@1' } },
      'for the whole process',
    );
    t.equal(await slots.rollBack({ from: 'hall@2', evenUnwritten: true }), undefined, 'and once only');
    await t.rejects(slots.activate('hall@3'), { code: 'OUTPUT_UNWRITABLE' });
    t.match(await slots.read(), { current: { name: 'hall@1', phase: 'good' } });
    await t.rejects(slots.writeUnwritten(), { code: 'OUTPUT_UNWRITABLE' });
    t.same(slotFiles(store), stored, 'nothing is on disk yet');

    heal();
    t.equal(await slots.writeUnwritten(), true);
    t.equal(await slots.writeUnwritten(), false);
    t.not(slotFiles(store).at(-1), stored.at(-1));
    t.match(await slots.read(), {
      current: { name: 'hall@1' },
      updates: [{}, { status: 'rolled_back' }, {}],
    });
  },
);

t.test(
  'what could not be stored goes with the next change, and over what others wrote meanwhile',
  async (t) => {
    const { slots, store } = await setUp(t);
    await slots.activate('hall@1');
    const heal = unwritable(store);
    t.match(await slots.markGood('hall@1'), { code: 'OUTPUT_UNWRITABLE' });
    t.match(await slots.read(), { current: { phase: 'good' } });
    heal();
    await slots.activate('hall@2');
    t.match(await slots.read(), { current: { name: 'hall@2' }, previous: 'hall@1' }, 'it had been good');
    t.equal(await slots.writeUnwritten(), false);
  },
);
