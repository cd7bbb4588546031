import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { chooseAuto, readAutoChoice } from '../../src/models/auto-choice.js';
import { loadCatalog } from '../../src/models/catalog.js';
import { isInstalled, resolveEntry } from '../../src/models/installed-model.js';
import { pull } from '../../src/models/pull.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { skeletonField } from '../../src/models/skeleton-field.js';
import { ModelStore } from '../../src/models/store.js';
import { startHttpFileServer, status, whole } from '../support/http-file-server.js';
import { digest, tinyCatalog, tinyFiles } from '../support/tiny-catalog.js';

const pace = { silenceMs: 300, retryMs: [] };

async function setUp(t: Test) {
  const folder = t.testdir({
    state: {},
    package: {
      'assets.data': tinyFiles.detector.toString(),
      'landmarks.tflite': tinyFiles.landmarks.toString(),
    },
  });
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  server.on('/net.xml', whole(tinyFiles.xml));
  server.on('/net.bin', whole(tinyFiles.bin));
  const catalog = tinyCatalog(server.url);
  const stateDir = join(folder, 'state');
  const store = new ModelStore(stateDir);
  const findPackage = (name: string) => (name === 'tiny' ? join(folder, 'package') : undefined);
  const noPackage = () => undefined;
  return { folder, server, catalog, stateDir, store, findPackage, noPackage, net: catalog.find('net') };
}

t.test('a named model is found with everything that its engine needs', async (t) => {
  const { catalog, stateDir, store, net, noPackage } = await setUp(t);
  const options = { stateDir, catalog, findPackage: noPackage };
  await t.rejects(resolveInstalled('net', options), {
    code: 'MODEL_NOT_INSTALLED',
    message: `net is not installed in ${store.folder}`,
  });
  await pull(net, { store, pace });
  const model = await resolveInstalled('net', options);
  t.match(model, {
    name: 'net',
    id: 'net',
    variant: 'A',
    family: 'openpose',
    skeleton: { name: 'openpose18' },
    inputs: { xml: { height: 256, color: 'bgr' } },
    checksums: { xml: `sha384:${digest(tinyFiles.xml, 'sha384')}`, bin: `sha256:${digest(tinyFiles.bin)}` },
  });
  t.equal(model.main, model.files.xml);
  t.same(readFileSync(model.files.bin ?? ''), tinyFiles.bin);
  t.equal(model.reason, undefined);
  t.equal((await resolveInstalled('net/A', options)).name, 'net');
});

t.test('a skeleton of the user’s own comes with limbs by position', async (t) => {
  const { store, net, noPackage } = await setUp(t);
  await pull(net, { store, pace });
  const skeleton = skeletonField.parse({
    name: 'arm3',
    keypoints: ['shoulder', 'elbow', 'wrist'],
    limbs: [['elbow', 2]],
  });
  const model = { ...net.model, skeleton };
  const resolved = await resolveEntry({ ...net, model }, store, noPackage);
  t.same(resolved.skeleton, { name: 'arm3', keypoints: ['shoulder', 'elbow', 'wrist'], limbs: [[1, 2]] });
});

t.test('a damaged model is refused, whichever way it is damaged', async (t) => {
  const { catalog, stateDir, store, net, noPackage } = await setUp(t);
  const options = { stateDir, catalog, findPackage: noPackage };
  await pull(net, { store, pace });
  const bytes = Buffer.from(tinyFiles.bin);
  bytes[5] = 255;
  writeFileSync(store.paths(net).bin ?? '', bytes);
  const damaged = {
    code: 'MODEL_CHECKSUM_MISMATCH',
    message: /net is damaged: .*net\.bin: expected sha256 /,
  };
  await t.rejects(resolveInstalled('net', options), damaged);
  await t.rejects(resolveInstalled('auto', options), damaged, 'auto does not pass over it either');
  truncateSync(store.paths(net).bin ?? '', 10);
  await t.rejects(resolveInstalled('net', options), {
    code: 'MODEL_CHECKSUM_MISMATCH',
    message: /net\.bin: expected 200000 bytes, found 10/,
  });
});

t.test('a model of an npm package needs no pull, and no network', async (t) => {
  const { folder, server, catalog, stateDir, store, findPackage, noPackage } = await setUp(t);
  const packed = catalog.find('packed');
  t.equal(await isInstalled(packed, store, noPackage), false);
  t.equal(await isInstalled(packed, store, findPackage), true);
  const absent = { stateDir, catalog, findPackage: noPackage };
  await t.rejects(resolveInstalled('packed', absent), { code: 'MODEL_NOT_INSTALLED' });
  const model = await resolveInstalled('packed', { stateDir, catalog, findPackage });
  t.equal(model.main, model.files.landmarks);
  t.same(readFileSync(model.files.detector ?? ''), tinyFiles.detector);
  t.same((await resolveInstalled('packed', absent)).files, model.files, 'from now on it is in the store');
  truncateSync(model.main, 3);
  await resolveInstalled('packed', { stateDir, catalog, findPackage });
  t.same(readFileSync(model.main), tinyFiles.landmarks, 'a damaged copy is made anew from the package');

  truncateSync(model.main, 3);
  writeFileSync(join(folder, 'package/landmarks.tflite'), 'landmarks of a bodX');
  await t.rejects(resolveInstalled('packed', { stateDir, catalog, findPackage }), {
    code: 'MODEL_CHECKSUM_MISMATCH',
    message: /npm package tiny/,
  });
  t.same(server.log, []);
});

t.test('auto takes the best that can be had, and stores which and why', async (t) => {
  const { server, catalog, stateDir, store, findPackage } = await setUp(t);
  const choice = await chooseAuto(catalog, { store, pace, findPackage });
  t.match(choice, { model: 'net', reason: `it came from ${server.url}/net.xml and ${server.url}/net.bin` });
  t.same(await readAutoChoice(store), { choice, faults: [] });
  const model = await resolveInstalled('auto', { stateDir, catalog, findPackage });
  t.match(model, { name: 'net', reason: `chosen on ${choice.at}: ${choice.reason}` });
  t.match(await chooseAuto(catalog, { store, pace, findPackage }), {
    model: 'net',
    reason: 'it is installed',
  });
});

t.test('auto falls back at set-up only, and says so', async (t) => {
  const { server, catalog, stateDir, store, findPackage, noPackage } = await setUp(t);
  server.on('/net.bin', status(404));
  await t.rejects(chooseAuto(catalog, { store, pace, findPackage: noPackage }), {
    code: 'MODEL_DOWNLOAD_FAILED',
    message: /^No model can be had: net could not be had .*404.*packed could not be had .*npm ci/,
  });
  t.same(await readAutoChoice(store), { choice: undefined, faults: [] });

  server.on('/net.bin', whole(Buffer.from('<html>log in</html>')));
  const choice = await chooseAuto(catalog, { store, pace, findPackage });
  t.match(choice, {
    model: 'packed',
    reason: /^net could not be had \(.*net\.bin is not the file.*\); it came from npm package tiny$/,
  });

  // The network is back, but a starting service keeps what was chosen and asks nobody.
  server.on('/net.bin', whole(tinyFiles.bin));
  server.log.length = 0;
  const model = await resolveInstalled('auto', { stateDir, catalog, findPackage });
  t.match(model, { name: 'packed', reason: /^chosen on .*: net could not be had/ });
  t.same(server.log, []);
});

t.test('auto without a choice takes what is there', async (t) => {
  const { server, catalog, stateDir, store, findPackage, noPackage, net } = await setUp(t);
  await t.rejects(resolveInstalled('auto', { stateDir, catalog, findPackage: noPackage }), {
    code: 'MODEL_NOT_INSTALLED',
    message: /model auto: neither net nor packed is installed/,
  });
  const fallback = await resolveInstalled('auto', { stateDir, catalog, findPackage });
  t.match(fallback, { name: 'packed', reason: /the best of what is installed/ });
  t.same(server.log, []);
  await pull(net, { store, pace });
  t.match(await resolveInstalled('auto', { stateDir, catalog, findPackage }), { name: 'net' });

  for (const text of ['{"model":', '[]', 'null', '{"model":"gone","reason":"r","at":"a"}']) {
    writeFileSync(join(store.folder, 'auto.json'), text);
    const found = await resolveInstalled('auto', { stateDir, catalog, findPackage });
    t.match(found, { name: 'net', reason: /chose cannot be read: .*auto\.json/ }, text);
  }
});

t.test('what auto stands for outlives damage to its file', async (t) => {
  const { server, catalog, stateDir, store, findPackage, net } = await setUp(t);
  server.on('/net.bin', status(404));
  const choice = await chooseAuto(catalog, { store, pace, findPackage });
  t.equal(choice.model, 'packed');
  server.on('/net.bin', whole(tinyFiles.bin));
  await pull(net, { store, pace });
  const auto = () => resolveInstalled('auto', { stateDir, catalog, findPackage });
  const [path, copy] = ['auto.json', 'auto.copy.json'].map((name) => join(store.folder, name)) as [
    string,
    string,
  ];
  const good = readFileSync(path, 'utf8');
  const damages = ['', good.slice(0, 40), good.replace('packed', 'net'), '\0'.repeat(good.length)];
  for (const text of damages) {
    writeFileSync(path, text);
    t.match(await auto(), { name: 'packed', reason: /^chosen on/ }, JSON.stringify(text));
    t.match((await readAutoChoice(store)).faults, [/auto\.json (is no JSON|does not have its checksum)/]);
  }
  rmSync(path);
  t.match(await auto(), { name: 'packed' }, 'nor is a missing one noticed');
  writeFileSync(copy, '');
  t.match(
    await auto(),
    { name: 'net', reason: /chose cannot be read: .*auto\.copy\.json is no JSON$/ },
    'both: told',
  );
});

t.test('auto passes over what the engine does not read', async (t) => {
  const { server, catalog, stateDir, store, findPackage, net } = await setUp(t);
  await pull(net, { store, pace });
  server.log.length = 0;
  const readsOnly = (ending: string) => (path: string) => path.endsWith(ending);
  const options = { stateDir, catalog, findPackage };
  const auto = (ending: string) => resolveInstalled('auto', { ...options, isReadable: readsOnly(ending) });
  const choose = (ending: string) =>
    chooseAuto(catalog, { store, pace, findPackage, isReadable: readsOnly(ending) });
  t.match(
    await auto('.tflite'),
    { name: 'packed' },
    'both networks are read, their other halves are not asked for',
  );
  t.match(await auto('.xml'), { name: 'net' });
  const nothing = {
    code: 'MODEL_FORMAT_UNSUPPORTED',
    message: 'model auto: the engine of this machine reads the files of neither net nor packed',
  };
  await t.rejects(auto('.onnx'), nothing);
  await t.rejects(choose('.onnx'), nothing);
  t.equal((await readAutoChoice(store)).choice, undefined, 'nothing was chosen');
  t.match(await choose('.tflite'), { model: 'packed' });
  t.match(await auto('.xml'), { name: 'net' }, 'not even what was chosen');
  t.same(server.log, [], 'nothing was downloaded that cannot run');
});

t.test('unknown names', async (t) => {
  const { catalog, stateDir, noPackage } = await setUp(t);
  const options = { stateDir, catalog, findPackage: noPackage };
  await t.rejects(resolveInstalled('nett', options), {
    code: 'MODEL_UNKNOWN',
    message: /"nett": did you mean net\?/,
  });
  await t.rejects(resolveInstalled('net/B', options), { code: 'MODEL_UNKNOWN', message: /net\/B/ });
  await t.rejects(resolveInstalled('zzzzzz', options), { message: /known are net, packed/ });
  await t.rejects(resolveInstalled('human-pose-estimation-001', { stateDir }), {
    message: /did you mean human-pose-estimation-0001\?/,
  });
});

t.test('a file of the user’s own', async (t) => {
  const { folder, catalog, stateDir } = await setUp(t);
  const options = { stateDir, catalog };
  const at = (name: string) => join(folder, name);
  writeFileSync(at('own.xml'), 'xml');
  await t.rejects(resolveInstalled(at('own.xml'), options), {
    code: 'MODEL_UNREADABLE',
    message: /own\.bin \(the weights that belong beside the \.xml\) does not exist/,
  });
  writeFileSync(at('own.bin'), 'bin');
  t.match(await resolveInstalled(at('own.xml'), options), {
    id: 'own',
    variant: 'file',
    family: 'openpose',
    files: { xml: at('own.xml'), bin: at('own.bin') },
    main: at('own.xml'),
    inputs: { xml: { height: 256 } },
    checksums: { xml: `sha256:${digest(Buffer.from('xml'))}` },
  });
  writeFileSync(at('own.onnx'), '');
  await t.rejects(resolveInstalled(at('own.onnx'), options), {
    code: 'MODEL_UNREADABLE',
    message: /is empty/,
  });
  writeFileSync(at('own.onnx'), 'onnx');
  t.match(await resolveInstalled(at('own.onnx'), options), { files: { xml: at('own.onnx') } });
  for (const name of ['./absent.onnx', 'absent.XML', 'some/where', '/nowhere']) {
    const error = { code: 'MODEL_UNREADABLE', message: /does not exist/ };
    await t.rejects(resolveInstalled(name, options), error, name);
  }
  await t.rejects(resolveInstalled(folder, options), { code: 'MODEL_UNREADABLE', message: /is no file/ });
});

t.test('the models of the installed npm package are those of the catalog', async (t) => {
  const stateDir = t.testdir();
  for (const name of ['blazepose-lite', 'blazepose-full', 'blazepose-heavy']) {
    const model = await resolveInstalled(name, { stateDir });
    t.match(model, {
      family: 'blazepose',
      skeleton: { name: 'blazepose33' },
      files: { detector: /\.tflite$/ },
    });
  }
  const store = new ModelStore(stateDir);
  const blazeposes = loadCatalog().entries.filter(({ model }) => model.family === 'blazepose');
  const detectors = blazeposes.flatMap(({ files }) => files.filter(({ role }) => role === 'detector'));
  t.equal(detectors.length, 3);
  t.equal(new Set(detectors.map((file) => store.blobPath(file))).size, 1, 'all have one detector in common');
});
