import {
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { collectGarbage } from '../../src/models/collect-garbage.js';
import { installUpdate } from '../../src/models/install-update.js';
import { ModelSlots } from '../../src/models/model-slots.js';
import { pull } from '../../src/models/pull.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { ModelStore } from '../../src/models/store.js';
import { startHttpFileServer, whole } from '../support/http-file-server.js';
import { tinyCatalog, tinyFiles } from '../support/tiny-catalog.js';
import { type Draft, UpdatePublisher } from '../support/update-publisher.js';

const pace = { silenceMs: 300, retryMs: [] };

async function setUp(t: Test) {
  const folder = t.testdir({ state: {}, outside: { 'update-1': { file: 'precious' } } });
  const stateDir = join(folder, 'state');
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  const publisher = new UpdatePublisher(server);
  server.on('/net.xml', whole(tinyFiles.xml));
  server.on('/net.bin', whole(tinyFiles.bin));
  const catalog = tinyCatalog(server.url);
  const store = new ModelStore(stateDir);
  const slots = new ModelSlots({ stateDir, catalog });
  const install = async (draft: Draft) => {
    publisher.publish(draft);
    await installUpdate(
      { envelope: publisher.envelope(draft) },
      { stateDir, policy: publisher.policy, pace },
    );
  };
  const collect = (keep: string[] = []) => collectGarbage({ stateDir, catalog, keep });
  const resolve = (name: string) => resolveInstalled(name, { stateDir, catalog });
  return { folder, stateDir, catalog, store, slots, publisher, install, collect, resolve };
}

/** Makes everything in the store look as if it had been there for a day. */
function age(store: ModelStore): void {
  const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000);
  for (const name of readdirSync(store.folder, { recursive: true }) as string[]) {
    utimesSync(join(store.folder, name), yesterday, yesterday);
  }
}

function blobCount(store: ModelStore): number {
  return ['sha256', 'sha384'].reduce(
    (sum, name) => sum + readdirSync(join(store.folder, 'blobs', name)).length,
    0,
  );
}

t.test('what nobody uses goes, and nothing else', async (t) => {
  const { catalog, store, slots, install, collect, resolve } = await setUp(t);
  await pull(catalog.find('net'), { store, pace });
  for (const version of [1, 2, 3, 4]) {
    await install({ version });
    await slots.activate(`hall@${version}`);
    await slots.markGood(`hall@${version}`);
  }
  await install({ version: 5 });
  await install({ model: 'yard', version: 9 });
  age(store);
  const { removed, bytes } = await collect();
  t.same(removed.sort(), ['hall@1', 'hall@2'], 'neither current, previous, newest nor last good');
  t.equal(bytes, 40_000, 'their weights; the other half they share with those that stay');
  for (const name of ['net', 'hall@3', 'hall@4', 'hall@5', 'yard@9', 'auto']) await resolve(name);
  await t.rejects(resolve('hall@1'), { code: 'MODEL_UNKNOWN' });
  t.same(readdirSync(join(store.folder, 'refs/hall')).sort(), ['update-3', 'update-4', 'update-5']);
  t.same(await collect(), { removed: [], bytes: 0 }, 'a second time there is nothing to do');
  t.match(await slots.read(), { current: { name: 'hall@4' }, previous: 'hall@3', faults: [] });
  t.match(await slots.rollBack(), { to: 'hall@3' });
});

t.test('a version that was left behind goes, and is still not accepted again', async (t) => {
  const { store, slots, install, collect } = await setUp(t);
  await install({ version: 1 });
  await slots.activate('hall');
  await slots.rollBack();
  age(store);
  t.same((await collect()).removed, ['hall@1']);
  t.equal(blobCount(store), 0);
  t.notOk(existsSync(join(store.folder, 'refs/hall')));
  await t.rejects(install({ version: 1 }), { code: 'MODEL_VERSION_REFUSED' });
});

t.test('a version that the configuration names stays', async (t) => {
  const { store, slots, install, collect, resolve } = await setUp(t);
  await install({ version: 1 });
  await slots.activate('hall');
  await slots.rollBack();
  age(store);
  t.same((await collect(['hall@1'])).removed, []);
  t.match(await resolve('hall@1'), { name: 'hall@1' });
});

t.test('what an installation under way may count on stays', async (t) => {
  const { store, publisher, collect, install, resolve } = await setUp(t);
  await store.prepare();
  const { files } = publisher.manifest() as unknown as {
    files: { path: string; sha256: string; bytes: number }[];
  };
  for (const [index, content] of [tinyFiles.xml, publisher.weights(1)].entries()) {
    writeFileSync(join(store.folder, 'blobs/sha256', files[index]?.sha256 ?? ''), content);
  }
  t.equal((await collect()).bytes, 0, 'too young');
  age(store);
  await install({ version: 1 });
  t.ok(
    Date.now() - statSync(join(store.folder, 'blobs/sha256', files[1]?.sha256 ?? '')).mtimeMs < 60_000,
    'young again',
  );
  await resolve('hall@1');
});

t.test('leftovers of an installation that was killed go when they are old', async (t) => {
  const { store, collect } = await setUp(t);
  await store.prepare();
  mkdirSync(join(store.folder, 'refs/hall/update-9/0123'), { recursive: true });
  mkdirSync(join(store.folder, 'refs/net/A/0123'), { recursive: true });
  writeFileSync(join(store.folder, 'refs/hall/update-9/0123/hall.bin'), 'x');
  writeFileSync(join(store.folder, 'refs/net/A/0123/net.bin'), 'x');
  await collect();
  t.ok(existsSync(join(store.folder, 'refs/hall/update-9')));
  age(store);
  await collect();
  t.notOk(existsSync(join(store.folder, 'refs/hall')));
  t.ok(
    existsSync(join(store.folder, 'refs/net/A/0123/net.bin')),
    'models of another catalog are nobody’s leftovers',
  );
});

t.test('links lead nowhere', async (t) => {
  const { folder, store, collect } = await setUp(t);
  await store.prepare();
  mkdirSync(join(store.folder, 'refs'), { recursive: true });
  symlinkSync(join(folder, 'outside'), join(store.folder, 'refs/hall'));
  symlinkSync(join(folder, 'outside/update-1/file'), join(store.folder, 'blobs/sha256/link'));
  const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000);
  utimesSync(join(folder, 'outside/update-1'), yesterday, yesterday);
  await collect();
  t.ok(existsSync(join(folder, 'outside/update-1/file')));
});
