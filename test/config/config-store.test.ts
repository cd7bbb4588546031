import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ConfigStore } from '../../src/config/config-store.js';
import { rejectedReport } from '../../src/config/reported-config.js';
import { emptyState } from '../../src/config/stored-state.js';
import { document } from './store-operations.js';

t.test('a document’s way: probation, starts, good; and the next one’s back', async (t) => {
  const stateDir = join(t.testdir(), 'not/there/yet');
  const store = await ConfigStore.open(stateDir);
  t.same(store.state, emptyState);
  t.same(store.notices, []);
  t.throws(() => readdirSync(stateDir), { code: 'ENOENT' }, 'opening alone writes nothing');

  const name = { version: 1, id: 'doc-1', sha256: document(1).sha256 };
  t.match(await store.beginProbation(document(1)), [
    { ...name, status: 'applying', code: 202, last_good: null },
  ]);
  t.match((await ConfigStore.open(stateDir)).state.active, { ...name, phase: 'probation', starts: 0 });
  t.equal(await store.countStart(), 1);
  t.equal(await store.countStart(), 2);
  t.match((await ConfigStore.open(stateDir)).state.active, { starts: 2 });

  const applied = await store.markGood();
  t.match(applied, { ...name, status: 'applied', code: 200, last_good: name });
  const { state } = await ConfigStore.open(stateDir);
  t.match(state, {
    active: { phase: 'good', config: document(1).config },
    lastGood: document(1),
    accepted: { version: 1, report: applied },
    lastTerminalReport: applied,
  });

  await store.beginProbation(document(2));
  const rolledBack = await store.rollBack('three crashes in 60 s');
  t.match(rolledBack, {
    version: 2,
    status: 'rolled_back',
    code: 500,
    message: 'three crashes in 60 s',
    last_good: name,
  });
  t.match((await ConfigStore.open(stateDir)).state, {
    active: { version: 1, phase: 'good' },
    lastGood: { version: 1 },
    accepted: { version: 2, report: rolledBack },
  });
  t.same(readdirSync(join(stateDir, 'config')).sort(), ['last-good.json', 'state.json']);
  t.equal(statSync(join(stateDir, 'config')).mode & 0o777, 0o700);
  t.equal(statSync(join(stateDir, 'config/state.json')).mode & 0o777, 0o600);
});

t.test('the first document rolled back leaves the local file alone', async (t) => {
  const store = await ConfigStore.open(t.testdir());
  await store.beginProbation(document(7));
  t.match(await store.rollBack('it failed'), { version: 7, last_good: null });
  t.match(store.state, { active: null, lastGood: null, accepted: { version: 7 } });
});

t.test('a document that comes during another’s probation ends it', async (t) => {
  const stateDir = t.testdir();
  const store = await ConfigStore.open(stateDir);
  await store.beginProbation(document(1));
  t.match(await store.beginProbation(document(2)), [
    { version: 1, status: 'rolled_back', code: 500, message: 'superseded by version 2 during its probation' },
    { version: 2, status: 'applying' },
  ]);
  t.match(store.state, {
    active: { version: 2 },
    accepted: { version: 2 },
    lastTerminalReport: { version: 1 },
  });
});

t.test('changes asked for at once are made one after the other', async (t) => {
  const store = await ConfigStore.open(t.testdir());
  const results = await Promise.all([
    store.beginProbation(document(1)),
    store.countStart(),
    store.countStart(),
    store.markGood(),
  ]);
  t.match(results, [[{ status: 'applying' }], Number, Number, { status: 'applied' }]);
  await t.rejects(store.markGood(), /no configuration is on probation/);
  await t.rejects(store.rollBack('x'), /no configuration is on probation/);
  await t.rejects(store.beginProbation(document(1)), /version 1 is not above 1/);
  t.match(await store.beginProbation(document(2)), [{ version: 2 }], 'a mistake stops nothing');
});

t.test('reports of refused documents are remembered; the same again costs no write', async (t) => {
  const stateDir = t.testdir();
  const store = await ConfigStore.open(stateDir);
  await store.beginProbation(document(3));
  await store.markGood();
  const name = { version: 2, id: 'old', sha256: null };
  const refusal = { code: 409, message: 'too old', problems: [] } as const;
  await store.recordReport(rejectedReport({ document: name, lastGood: null }, refusal));
  const written = statSync(join(stateDir, 'config/state.json'));
  await store.recordReport(rejectedReport({ document: name, lastGood: null, ts: 1 }, refusal));
  t.equal(statSync(join(stateDir, 'config/state.json')).ino, written.ino);
  const { state } = await ConfigStore.open(stateDir);
  t.match(state, {
    lastTerminalReport: { id: 'old', code: 409 },
    accepted: { version: 3, report: { code: 200 } },
  });
});

t.test('a damaged file gives way to the last good document, and says so', async (t) => {
  const folder = t.testdir();
  const damages: Record<string, (path: string) => void> = {
    torn: (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
    empty: (path) => truncateSync(path),
    'another value': (path) =>
      writeFileSync(path, readFileSync(path, 'utf8').replace('"starts":1', '"starts":0')),
    'a key more': (path) => writeFileSync(path, readFileSync(path, 'utf8').replace('{', '{"more":1,')),
    'another format': (path) =>
      writeFileSync(path, readFileSync(path, 'utf8').replace('"format":1', '"format":2')),
    bytes: (path) => writeFileSync(path, Buffer.alloc(4096, 0xff)),
    endless: (path) => truncateSync(path, 2 ** 40),
    gone: (path) => rmSync(path),
    'a folder': (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  };
  for (const [name, damage] of Object.entries(damages)) {
    const stateDir = join(folder, name);
    const store = await ConfigStore.open(stateDir);
    await store.beginProbation(document(4));
    await store.markGood();
    await store.beginProbation(document(5));
    await store.countStart();
    damage(join(stateDir, 'config/state.json'));
    writeFileSync(join(stateDir, 'config/state.json.tmp'), 'left');
    const { notices, state } = await ConfigStore.open(stateDir);
    t.match(
      notices,
      [/^The stored configuration cannot be used: .*state\.json .*last good.* version 4$/],
      name,
    );
    t.match(state, {
      active: { ...document(4), phase: 'good' },
      lastGood: document(4),
      accepted: { version: 4, report: { status: 'applied' } },
    });
    if (name === 'a folder') continue;
    t.same((await ConfigStore.open(stateDir)).notices, [], 'it is said once, then the file is whole again');
    t.same(readdirSync(join(stateDir, 'config')).sort(), ['last-good.json', 'state.json']);
  }
});

t.test('with both files damaged the local file alone is in effect', async (t) => {
  const stateDir = t.testdir();
  const store = await ConfigStore.open(stateDir);
  await store.beginProbation(document(1));
  await store.markGood();
  for (const file of ['state.json', 'last-good.json']) truncateSync(join(stateDir, 'config', file), 9);
  const again = await ConfigStore.open(stateDir);
  t.match(again.notices, [/state\.json is damaged and .*last-good\.json is damaged; the local file alone/]);
  t.same(again.state, emptyState);
  t.match(await again.beginProbation(document(1)), [{ version: 1, status: 'applying' }]);
});

t.test('a folder that cannot be written: opens, refuses, and heals', async (t) => {
  const stateDir = t.testdir({ config: 'a file where the folder belongs' });
  const store = await ConfigStore.open(stateDir);
  const failure = { code: 'CONFIG_STORE_UNWRITABLE', message: /config\/state\.json gives E(EXIST|NOTDIR)/ };
  await t.rejects(store.beginProbation(document(1)), failure);
  t.same(store.state, emptyState);
  rmSync(join(stateDir, 'config'));
  t.match(await store.beginProbation(document(1)), [{ status: 'applying' }]);
  if (process.getuid?.() === 0) return; // whom permissions do not hold
  chmodSync(join(stateDir, 'config'), 0o500);
  await t.rejects(store.markGood(), { code: 'CONFIG_STORE_UNWRITABLE', message: /EACCES/ });
  t.match(store.state.active, { phase: 'probation' });
  chmodSync(join(stateDir, 'config'), 0o700);
  t.match(await store.markGood(), { status: 'applied' });
});

t.test('a roll-back that the disk does not take is in effect, and stored when it can be', async (t) => {
  const stateDir = t.testdir();
  const store = await ConfigStore.open(stateDir);
  await store.beginProbation(document(1));
  const inTheWay = join(stateDir, 'config/state.json.tmp');
  mkdirSync(inTheWay);
  await t.rejects(store.rollBack('it failed'), { code: 'CONFIG_STORE_UNWRITABLE' });
  t.equal(store.state.active, null, 'in memory');
  t.match((await ConfigStore.open(stateDir)).state.active, { version: 1 }, 'not on disk');
  mkdirSync(inTheWay, { recursive: true });
  await t.rejects(store.writeUnwritten(), { code: 'CONFIG_STORE_UNWRITABLE' });
  rmSync(inTheWay, { recursive: true });
  t.equal(await store.writeUnwritten(), true);
  t.equal(await store.writeUnwritten(), false, 'once is enough');
  t.equal((await ConfigStore.open(stateDir)).state.active, null, 'and on disk');
});

t.test('a state under the name of its copy is found, and said so', async (t) => {
  const stateDir = t.testdir();
  const folder = join(stateDir, 'config');
  await (await ConfigStore.open(stateDir)).beginProbation(document(1));
  renameSync(join(folder, 'state.json'), join(folder, 'last-good.json'));
  const store = await ConfigStore.open(stateDir);
  t.match(store.state.active, { version: 1, phase: 'probation' });
  t.match(store.notices, [/was found in .*last-good\.json: .*state\.json/]);
  t.same((await ConfigStore.open(stateDir)).notices, [], 'it is back in its place');
});

t.test('a reset that the disk does not take says where', async (t) => {
  const stateDir = t.testdir();
  const folder = join(stateDir, 'config');
  const store = await ConfigStore.open(stateDir);
  await store.beginProbation(document(1));
  mkdirSync(join(folder, 'state.json.before-reset/full'), { recursive: true });
  await t.rejects(store.reset(), {
    code: 'CONFIG_STORE_UNWRITABLE',
    message: /state\.json gives EISDIR/,
  });
  t.match(store.state.active, { version: 1 }, 'nothing is forgotten');
});
