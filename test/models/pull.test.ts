import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { AgentError } from '../../src/errors.js';
import { loadCatalog } from '../../src/models/catalog.js';
import { type PullProgress, pull } from '../../src/models/pull.js';
import { ModelStore } from '../../src/models/store.js';
import {
  cut,
  endless,
  redirect,
  stall,
  startHttpFileServer,
  status,
  whole,
  withoutRanges,
} from '../support/http-file-server.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';
import { tinyCatalog, tinyFiles } from '../support/tiny-catalog.js';

const { xml, bin } = tinyFiles;
const pace = { silenceMs: 300, retryMs: [10, 10, 10] };

async function setUp(t: Test) {
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  server.on('/net.xml', whole(xml));
  server.on('/net.bin', whole(bin));
  const catalog = tinyCatalog(server.url);
  const folder = t.testdir();
  const store = new ModelStore(join(folder, 'state'));
  return { folder, server, catalog, store, net: catalog.find('net'), packed: catalog.find('packed') };
}

/** Every file that a reader of the store can meet, below its two visible folders. */
function visible(store: ModelStore): string[] {
  return ['blobs', 'refs'].flatMap((name) => {
    const folder = join(store.folder, name);
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder, { recursive: true }) as string[];
    return files.filter((path) => statSync(join(folder, path)).isFile()).map((path) => join(name, path));
  });
}

function partials(store: ModelStore): string[] {
  return readdirSync(store.partialFolder);
}

t.test('a folder in a file’s place makes way for it', async (t) => {
  const { store, net } = await setUp(t);
  await pull(net, { store, pace });
  const { xml: path = '' } = store.paths(net);
  rmSync(path);
  mkdirSync(join(path, 'full'), { recursive: true });
  await store.expose(net);
  t.same(readFileSync(path), xml);
});

t.test('a model is fetched once, checked, and stands under its own names side by side', async (t) => {
  const { server, store, net } = await setUp(t);
  const progress: PullProgress[] = [];
  const { sources } = await pull(net, { store, pace, onProgress: (one) => progress.push(one) });
  t.same(sources, [`${server.url}/net.xml`, `${server.url}/net.bin`]);
  const paths = store.paths(net);
  t.match(paths, { xml: /\/net\.xml$/, bin: /\/net\.bin$/ });
  t.same(readFileSync(paths.xml ?? ''), xml);
  t.same(readFileSync(paths.bin ?? ''), bin);
  t.same(await store.faults(net), []);
  t.same(partials(store), []);
  const total = xml.length + bin.length;
  t.match(progress.at(-1), { received: total, total });
  t.ok(
    progress.every((one, index) => one.received >= (progress[index - 1]?.received ?? 0)),
    'never runs backwards',
  );

  t.same((await pull(net, { store, pace })).sources, [], 'the second time nothing is fetched');
  t.equal(server.log.length, 2);
});

t.test('a download that breaks off goes on where it was', async (t) => {
  const { server, store, net } = await setUp(t);
  server.on('/net.bin', cut(bin, 50_000), status(503), cut(bin, 60_000), whole(bin));
  await pull(net, { store, pace });
  t.same(server.log.slice(1), [
    'GET /net.bin',
    'GET /net.bin bytes=50000-',
    'GET /net.bin bytes=50000-',
    'GET /net.bin bytes=110000-',
  ]);
  t.same(await store.faults(net), []);
});

t.test('a server without ranges is asked for the whole again', async (t) => {
  const { server, store, net } = await setUp(t);
  server.on('/net.bin', cut(bin, 50_000), withoutRanges(bin));
  await pull(net, { store, pace });
  t.same(await store.faults(net), []);
});

t.test('a later pull goes on with what an earlier one left', async (t) => {
  const { server, store, net } = await setUp(t);
  server.on('/net.bin', cut(bin, 70_000), status(404));
  await t.rejects(pull(net, { store, pace }), { code: 'MODEL_DOWNLOAD_FAILED', message: /net\.bin.*404/ });
  t.equal(await store.has(net), false);
  t.equal(partials(store).length, 1);
  server.on('/net.bin', whole(bin));
  server.log.length = 0;
  await pull(net, { store, pace });
  t.same(server.log, ['GET /net.bin bytes=70000-']);
  t.same(await store.faults(net), []);
  t.same(partials(store), []);
});

t.test('a beginning that belongs to another file is thrown away', async (t) => {
  const { server, store, net } = await setUp(t);
  server.on('/net.bin', cut(Buffer.alloc(bin.length, 1), 70_000), status(404));
  await t.rejects(pull(net, { store, pace }));
  server.on('/net.bin', whole(bin));
  server.log.length = 0;
  await pull(net, { store, pace });
  t.same(server.log, ['GET /net.bin bytes=70000-', 'GET /net.bin']);
  t.same(await store.faults(net), []);
});

t.test('an answer without end is cut off at the size of the file', async (t) => {
  const { server, store, net } = await setUp(t);
  const sent = new Promise<number>((resolve) => server.on('/net.bin', endless(resolve)));
  const error = await caught(pull(net, { store, pace }));
  t.equal(error.code, 'MODEL_CHECKSUM_MISMATCH');
  t.match(
    error.message,
    `${server.url}/net.bin is not the file that was expected: expected 200000 bytes, found more`,
  );
  t.ok((await sent) < 64e6, 'the connection was closed long before the server got tired');
  t.notOk(visible(store).some((path) => path.endsWith('net.bin')));
  t.same(partials(store), [], 'nothing of it is kept');
});

t.test('other bytes are refused, and the source is named', async (t) => {
  const { server, store, net } = await setUp(t);
  const other = Buffer.from(bin);
  other[100_000] = (other[100_000] ?? 0) ^ 1;
  server.on('/net.bin', whole(other));
  const error = await caught(pull(net, { store, pace }));
  t.equal(error.code, 'MODEL_CHECKSUM_MISMATCH');
  t.match(error.message, `${server.url}/net.bin`);
  t.match(error.message, /expected sha256 [0-9a-f]{64}, found [0-9a-f]{64}/);
  t.notOk(await store.has(net));
  t.notOk(visible(store).some((path) => path.endsWith('net.bin')));
  server.on('/net.bin', whole(Buffer.from('<html>log in</html>')));
  await t.rejects(pull(net, { store, pace }), {
    code: 'MODEL_CHECKSUM_MISMATCH',
    message: /expected 200000 bytes, found 19/,
  });
  server.on('/net.bin', whole(bin));
  await pull(net, { store, pace });
  t.same(await store.faults(net), []);
});

t.test('a server that falls silent or is not there gives up after a few tries, saying why', async (t) => {
  const { folder, server, store, net } = await setUp(t);
  server.on('/net.bin', stall(bin, 1000));
  await t.rejects(pull(net, { store, pace: { silenceMs: 100, retryMs: [5] } }), {
    code: 'MODEL_DOWNLOAD_FAILED',
    message: /net\.bin could not be fetched: .*no answer for 100 ms/,
  });
  const nowhere = tinyCatalog('http://127.0.0.1:9').find('net');
  const empty = new ModelStore(join(folder, 'other'));
  await t.rejects(pull(nowhere, { store: empty, pace }), {
    code: 'MODEL_DOWNLOAD_FAILED',
    message: /http:\/\/127\.0\.0\.1:9\/net\.xml: /,
  });
});

t.test('redirects are followed', async (t) => {
  const { server, store, net } = await setUp(t);
  server.on('/net.bin', redirect('/elsewhere'));
  server.on('/elsewhere', whole(bin));
  await pull(net, { store, pace });
  t.same(await store.faults(net), []);
});

t.test('a mirror is asked first, and what it lacks comes from the official address', async (t) => {
  const { server, store, net } = await setUp(t);
  server.on('/mirror/net/A/net.xml', whole(xml));
  const { sources } = await pull(net, { store, pace, mirror: `${server.url}/mirror/` });
  t.same(server.log, ['GET /mirror/net/A/net.xml', 'GET /mirror/net/A/net.bin', 'GET /net.bin']);
  t.same(sources, [`${server.url}/mirror/net/A/net.xml`, `${server.url}/net.bin`]);
});

t.test('a mirror folder', async (t) => {
  const { folder, server, store, net } = await setUp(t);
  const mirror = join(folder, 'mirror');
  mkdirSync(join(mirror, 'net/A'), { recursive: true });
  writeFileSync(join(mirror, 'net/A/net.bin'), bin, { mode: 0o400 });
  await pull(net, { store, pace, mirror });
  t.same(server.log, ['GET /net.xml']);
  t.same(await store.faults(net), []);

  const second = new ModelStore(join(folder, 'second'));
  truncateSync(join(mirror, 'net/A/net.bin'), 1000);
  const error = await caught(pull(net, { store: second, pace, mirror: `file://${mirror}` }));
  t.match(error, {
    code: 'MODEL_CHECKSUM_MISMATCH',
    message: /mirror\/net\/A\/net\.bin.*expected 200000 bytes, found 1000/,
  });
  t.same(server.log, ['GET /net.xml', 'GET /net.xml'], 'a wrong file of the mirror is not passed over');
});

t.test('credentials of a mirror are sent, and shown nowhere', async (t) => {
  const { server, store, net } = await setUp(t);
  const mirror = server.url.replace('//', '//box:c4n4ry@');
  let authorization: string | undefined;
  server.on('/net/A/net.xml', (request, response) => {
    authorization = request.headers.authorization;
    whole(Buffer.from('other'))(request, response);
  });
  const error = await caught(pull(net, { store, pace, mirror }));
  t.equal(authorization, `Basic ${Buffer.from('box:c4n4ry').toString('base64')}`);
  t.match(error.message, `${server.url}/net/A/net.xml`);
  t.notMatch(`${error.stack} ${error.cause}`, 'c4n4ry');
  for (const bad of ['ftp://u:c4n4ry@h/x', 'http://', 'http://u:c4n4ry%zz@h']) {
    const refused = await caught(pull(net, { store, pace, mirror: bad }));
    t.match(refused, {
      code: 'MODEL_DOWNLOAD_FAILED',
      message: /POSE_AGENT_MODEL_MIRROR: expected a folder/,
    });
    t.notMatch(`${refused.stack} ${refused.cause}`, 'c4n4ry');
  }
});

t.test('files of an npm package are taken from there, without any network', async (t) => {
  const { folder: base, server, store, packed } = await setUp(t);
  const folder = join(base, 'package');
  mkdirSync(folder);
  writeFileSync(join(folder, 'assets.data'), tinyFiles.detector);
  writeFileSync(join(folder, 'landmarks.tflite'), tinyFiles.landmarks, { mode: 0o400 });
  const absent = await caught(pull(packed, { store, findPackage: () => undefined }));
  t.match(absent, {
    code: 'MODEL_DOWNLOAD_FAILED',
    message: /npm package tiny: it is not installed \(run npm ci\)/,
  });
  t.same(visible(store), []);

  await pull(packed, { store, findPackage: (name) => (name === 'tiny' ? folder : undefined) });
  t.match(store.paths(packed).detector, /\/detector\.tflite$/);
  t.same(await store.faults(packed), []);
  t.same(server.log, []);

  writeFileSync(join(folder, 'assets.data'), 'b detector');
  t.same(await store.faults(packed), [], 'what the package does later does not reach the store');
});

t.test('a damaged model is repaired by the next pull', async (t) => {
  const { server, store, net } = await setUp(t);
  await pull(net, { store, pace });
  const path = store.paths(net).bin ?? '';
  truncateSync(path, 77);
  t.match(await store.faults(net), [{ path, fault: 'expected 200000 bytes, found 77' }]);
  t.equal(await store.has(net), false);
  server.log.length = 0;
  await pull(net, { store, pace });
  t.same(server.log, ['GET /net.bin']);
  t.same(await store.faults(net), []);
});

t.test('pulls side by side do not disturb one another', async (t) => {
  const { server, store, net } = await setUp(t);
  server.on('/net.bin', cut(bin, 30_000), cut(bin, 60_000), whole(bin));
  await Promise.all(Array.from({ length: 6 }, () => pull(net, { store, pace })));
  t.same(await store.faults(net), []);
  t.same(partials(store), []);
  t.equal(visible(store).length, 4);
});

t.test('a pull that is killed leaves nothing to be seen, and the next one goes on', async (t) => {
  const { server, store, net } = await setUp(t);
  server.on('/net.bin', stall(bin, 80_000));
  const child = spawn(process.execPath, [
    '--import=tsx',
    join(import.meta.dirname, '../support/pull-tiny-model.ts'),
    server.url,
    join(store.folder, '..'),
  ]);
  t.teardown(() => child.kill('SIGKILL'));
  const size = () => {
    const names = existsSync(store.partialFolder) ? partials(store) : [];
    return Math.max(0, ...names.map((name) => statSync(join(store.partialFolder, name)).size));
  };
  const deadline = Date.now() + 20_000;
  while (size() < 80_000 && Date.now() < deadline) await sleep(20);
  t.equal(size(), 80_000, 'the child is in the middle of the file');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.equal(await store.hasAny(net), false);
  t.equal(visible(store).length, 1, 'only the .xml, which was whole, is in the store');

  server.on('/net.bin', whole(bin));
  server.log.length = 0;
  await pull(net, { store, pace });
  t.same(server.log, ['GET /net.bin bytes=80000-']);
  t.same(await store.faults(net), []);
  t.same(partials(store), []);
});

t.test('a store that cannot be written says so', async (t) => {
  const { folder, net } = await setUp(t);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const error = await caught(pull(net, { store: new ModelStore(file), pace }));
  t.match(error, {
    code: 'OUTPUT_UNWRITABLE',
    message: /The model store cannot be written: .*gives ENOTDIR/,
  });
});

t.test('the real model from a mirror folder', { skip: withoutSharedData }, async (t) => {
  const shared = sharedData();
  const store = new ModelStore(t.testdir());
  const entry = loadCatalog().find('human-pose-estimation-0001');
  const { sources } = await pull(entry, { store, mirror: join(shared, 'models') });
  t.equal(sources.length, 2);
  t.ok(sources.every((one) => one.startsWith(shared)));
  t.same(await store.faults(entry), []);
  t.match(store.paths(entry), {
    xml: /human-pose-estimation-0001\.xml$/,
    bin: /human-pose-estimation-0001\.bin$/,
  });
});

async function caught(promise: Promise<unknown>): Promise<AgentError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AgentError) return error;
  throw error ?? new Error('an error was expected');
}
