import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isAdded, readAdded } from '../../src/models/added-models.js';
import { collectGarbage } from '../../src/models/collect-garbage.js';
import { SlotsFile } from '../../src/models/slots-file.js';
import { makeOld, refusal, setUpOwnModels as setUp } from '../support/add-own-model.js';
import { writeExternalOnnx } from '../support/external-onnx.js';
import { emptyTensor, writeOwnModel } from '../support/own-model.js';
import { SmallDisk } from '../support/small-disk.js';

// Models are opened and packages installed: slow beside other tests.
t.setTimeout(300_000);

t.test('an ONNX and an IR are told by their outputs, tried and installed', async (t) => {
  const { models, store, add, resolve } = setUp(t);
  for (const format of ['onnx', 'ir'] as const) {
    const name = `hall-${format}`;
    const path = await writeOwnModel(models, name, { format });
    const steps: string[] = [];
    const result = await add({ path, onStep: (step) => steps.push(step) });
    t.match(result, {
      name,
      installed: true,
      proposed: true,
      manifest: { v: 1, model: name, family: 'openpose', outputs: { heatmaps: 'heatmaps', pafs: 'pafs' } },
      trial: { engine: 'openvino', input: { width: 64, height: 64 }, people: 0 },
    });
    t.ok(result.trial.network.fps > 0 && result.trial.picture.infer > 0);
    t.same(steps, ['reading the model', 'trying it', 'taking its files in']);
    const model = await resolve(name);
    t.match(model, {
      name,
      id: name,
      variant: 'added',
      family: 'openpose',
      skeleton: { name: 'openpose18' },
    });
    t.match(await resolve(`${name}/added`), { id: name });
    t.same(readFileSync(model.main), readFileSync(path));
    t.equal(model.files.bin === undefined, format === 'onnx');
  }
  t.same(
    (await readAdded(store)).manifests.map(({ model }) => model),
    ['hall-ir', 'hall-onnx'],
  );
});

t.test('a dry run writes nothing', async (t) => {
  const { models, state, add } = setUp(t);
  const path = await writeOwnModel(models, 'hall');
  t.match(await add({ path, dryRun: true }), { installed: false, manifest: { family: 'openpose' } });
  t.notOk(existsSync(state));
  t.same(readdirSync(models), ['hall.onnx']);
});

t.test('a manifest in the folder is obeyed; the proposed one is such a manifest', async (t) => {
  const { models, add, resolve } = setUp(t);
  await writeOwnModel(models, 'hall', { format: 'ir' });
  const { manifest } = await add({ path: models, dryRun: true });
  writeFileSync(join(models, 'manifest.json'), JSON.stringify({ ...manifest, model: 'yard', title: 'Yard' }));
  t.match(await add({ path: models }), { name: 'yard', proposed: false });
  t.match(await resolve('yard'), { family: 'openpose', inputs: { xml: { stride: 8 } } });
  t.match(await add({ path: models, name: 'shed' }), { name: 'shed' }, 'a flag says the name better');

  // Files left out: the one network of the folder. And a manifest that lies elsewhere.
  const { files: _, ...facts } = manifest;
  const elsewhere = join(t.testdirName, 'facts.json');
  writeFileSync(elsewhere, JSON.stringify({ ...facts, model: 'lawn' }));
  t.match(await add({ path: join(models, 'hall.xml'), manifest: elsewhere }), { name: 'lawn' });
});

t.test('what a manifest says wrongly', async (t) => {
  const { models, state, add } = setUp(t);
  const path = await writeOwnModel(models, 'hall');
  const { manifest } = await add({ path, dryRun: true });
  const [file] = manifest.files ?? [];
  const input = manifest.inputs.xml;
  const wrong: [string, unknown, RegExp][] = [
    ['no JSON', '{', /MODEL_MANIFEST_INVALID .*manifest\.json is no JSON/],
    ['a key that there is not', { ...manifest, colour: 'rgb' }, /malformed: .*colour/],
    ['a family that there is not', { ...manifest, family: 'pose' }, /malformed: family: .*"openpose"\|/],
    [
      'a size as text',
      { ...manifest, inputs: { xml: { ...input, width: 'wide' } } },
      /malformed: inputs\.xml\.width: .*expected number, received string/,
    ],
    ['a name with a slash', { ...manifest, model: 'a/b' }, /malformed: model: /],
    [
      'a path that leads out',
      { ...manifest, files: [{ ...file, path: '../x.onnx' }] },
      /files\.0\.path: .*below/,
    ],
    [
      'a file that is not there',
      { ...manifest, files: [{ ...file, path: 'x.onnx' }] },
      /x\.onnx does not exist/,
    ],
    [
      'another file',
      { ...manifest, files: [{ ...file, bytes: 1 }] },
      /MODEL_CHECKSUM_MISMATCH .*expected 1 bytes/,
    ],
    [
      'an input of another family',
      { ...manifest, inputs: { xml: { ...input, resize: 'crop' } } },
      /MODEL_SHAPE_MISMATCH hall is no openpose model: xml: expected letterbox-top-left.*found crop/,
    ],
    [
      'a decode option that there is not',
      { ...manifest, decode: { peak_treshold: 0.2 } },
      /MODEL_SHAPE_MISMATCH .*decode\..*peak_treshold/,
    ],
    [
      'an output that the network has not',
      { ...manifest, outputs: { heatmaps: 'maps', pafs: 'pafs' } },
      /MODEL_SHAPE_MISMATCH .*no output called maps; the network's outputs: /,
    ],
  ];
  for (const [what, document, words] of wrong) {
    writeFileSync(
      join(models, 'manifest.json'),
      typeof document === 'string' ? document : JSON.stringify(document),
    );
    t.match(await refusal(add({ path: models })), words, what);
  }
  writeFileSync(join(models, 'manifest.json'), JSON.stringify(manifest));
  t.match(
    await refusal(add({ path: models, family: 'simcc', skeleton: 'coco17' })),
    /leave out --family and --skeleton/,
  );
  t.match(await refusal(add({ manifest: models })), /MODEL_MANIFEST_INVALID .* is a folder, expected a file/);
  t.notOk(existsSync(state), 'nothing of it is installed');
});

t.test('files that are no model', async (t) => {
  const { models, state, add } = setUp(t);
  const at = (name: string) => join(models, name);
  const good = await writeOwnModel(models, 'good', { format: 'ir' });
  const cut = await writeOwnModel(models, 'cut');
  truncateSync(cut, readFileSync(cut).length / 2);
  writeFileSync(at('empty.onnx'), '');
  writeFileSync(at('text.onnx'), 'this is no network\n'.repeat(100));
  writeFileSync(at('lone.xml'), readFileSync(good));
  writeFileSync(at('model.pt'), 'x');
  mkdirSync(at('folder.onnx'));
  mkdirSync(at('nothing'));
  symlinkSync('loop-b.onnx', at('loop-a.onnx'));
  symlinkSync('loop-a.onnx', at('loop-b.onnx'));
  symlinkSync('/dev/zero', at('endless.onnx'));
  execFileSync('mkfifo', [at('pipe.onnx')]);
  const cases: [string, RegExp][] = [
    ['cut.onnx', /MODEL_UNREADABLE .*cut\.onnx: OpenVINO cannot read it/],
    ['text.onnx', /MODEL_UNREADABLE .*text\.onnx: OpenVINO cannot read it/],
    ['empty.onnx', /MODEL_UNREADABLE .*empty\.onnx is empty/],
    ['lone.xml', /MODEL_UNREADABLE .*lone\.bin does not exist/],
    ['good.bin', /MODEL_UNREADABLE .*name the \.xml beside it/],
    ['model.pt', /MODEL_UNREADABLE .*ends in \.pt; expected \.xml, \.onnx, \.tflite/],
    ['absent.onnx', /MODEL_UNREADABLE .*absent\.onnx does not exist/],
    ['folder.onnx', /MODEL_UNREADABLE .*expected one file ending in .*found none/],
    ['nothing', /MODEL_UNREADABLE .*found none/],
    ['.', /MODEL_UNREADABLE .*found cut\.onnx, empty\.onnx, .*: name one of them/],
    ['loop-a.onnx', /MODEL_UNREADABLE .*is a link that leads in a circle/],
    ['endless.onnx', /MODEL_UNREADABLE .*is neither a file nor a folder/],
    ['pipe.onnx', /MODEL_UNREADABLE .*is neither a file nor a folder/],
  ];
  for (const [name, words] of cases) t.match(await refusal(add({ path: at(name) })), words, name);
  t.match(
    await refusal(add({ path: good, detector: at('empty.onnx') })),
    /MODEL_SHAPE_MISMATCH openpose models need no/,
  );
  t.notOk(existsSync(state));
});

t.test('names', async (t) => {
  const { models, store, add } = setUp(t);
  const path = await writeOwnModel(models, 'hall');
  writeFileSync(join(models, 'my model.onnx'), readFileSync(path));
  t.match(
    await refusal(add({ path: join(models, 'my model.onnx') })),
    /MODEL_UNDECIDED "my model" cannot be a model's name: say one with --name/,
  );
  t.match(await add({ path: join(models, 'my model.onnx'), name: 'mine' }), {
    name: 'mine',
    installed: true,
  });
  t.match(
    await refusal(add({ path, name: 'blazepose-full' })),
    /MODEL_NAME_TAKEN blazepose-full is a model of the catalog/,
  );
  await new SlotsFile(store).update((state) => ({ ...state, floors: [{ model: 'hall', version: 3 }] }));
  t.match(await refusal(add({ path })), /MODEL_NAME_TAKEN hall is a model that came as an update/);
  t.match(await refusal(add({ path, name: '../../x' })), /MODEL_MANIFEST_INVALID .*model: /);
  t.same(readdirSync(store.addedFolder), ['mine.json']);
});

t.test('one of the same name is replaced only by force', async (t) => {
  const { models, store, add, resolve } = setUp(t);
  const path = await writeOwnModel(models, 'hall');
  await add({ path });
  const before = (await resolve('hall')).main;
  await writeOwnModel(models, 'hall', { height: 128 });
  t.match(await refusal(add({ path })), /MODEL_NAME_TAKEN hall was added before/);
  t.equal((await resolve('hall')).main, before);
  await add({ path, force: true });
  const second = (await resolve('hall')).main;
  t.not(second, before);
  t.ok(existsSync(before), 'an agent that is running may start a worker with it yet');
  await writeOwnModel(models, 'hall', { height: 192 });
  await add({ path, force: true });
  t.notOk(existsSync(before), 'but not for ever');
  t.ok(existsSync(second));
  t.equal(readdirSync(join(store.folder, 'refs/hall/added')).length, 2);
});

t.test('a file that changes while it is added', async (t) => {
  const { models, store, add, resolve } = setUp(t);
  const path = await writeOwnModel(models, 'hall');
  const change = (step: string) => {
    if (step === 'taking its files in') appendFileSync(path, 'more');
  };
  t.match(await refusal(add({ path, onStep: change })), /MODEL_UNREADABLE A file changed while it was added/);
  t.notOk(isAdded('hall', store));
  await t.rejects(resolve('hall'), { code: 'MODEL_UNKNOWN' });
  await writeOwnModel(models, 'hall');
  t.match(await add({ path }), { installed: true });
});

t.test('an addition that is cut off leaves no model, and what it left is cleared away', async (t) => {
  const { models, state, store, add, resolve } = setUp(t);
  const path = await writeOwnModel(models, 'hall');
  // After the last file is there under its name, and before the description.
  mkdirSync(store.folder, { recursive: true });
  writeFileSync(store.addedFolder, 'in the way');
  t.match(await refusal(add({ path })), /OUTPUT_UNWRITABLE/);
  await t.rejects(resolve('hall'), { code: 'MODEL_UNKNOWN' });
  const left = join(store.folder, 'refs/hall/added');
  t.ok(existsSync(left));
  makeOld(store);
  await collectGarbage({ stateDir: state });
  t.notOk(existsSync(left));
  t.same(readdirSync(join(store.folder, 'blobs/sha256')), []);
});

t.test('no space for it', async (t) => {
  const disk = SmallDisk.require(t, 2);
  if (!disk) return;
  const { models, store, add, resolve } = setUp(t, join(disk.folder, 'state'));
  const path = await writeOwnModel(models, 'hall');
  await store.prepare();
  disk.fill();
  t.match(await refusal(add({ path })), /OUTPUT_UNWRITABLE .*ENOSPC/);
  await t.rejects(resolve('hall'), { code: 'MODEL_UNKNOWN' });
  disk.free();
  await add({ path });
  t.match(await resolve('hall'), { id: 'hall' });
});

t.test('a model whose weights are in a file beside it', async (t) => {
  const { models, store, add } = setUp(t);
  const path = writeExternalOnnx(models, 64, [
    emptyTensor('heatmaps', [1, 19, 8, 8]),
    emptyTensor('pafs', [1, 38, 8, 8]),
  ]);
  t.match(await add({ path, dryRun: true }), { manifest: { family: 'openpose' } }, 'it runs where it is');
  t.match(
    await refusal(add({ path })),
    /MODEL_UNREADABLE .*external\.onnx cannot be read without the files beside it; export it into one file/,
  );
  t.notOk(isAdded('external', store));
  t.same(readdirSync(join(store.folder, 'refs/external/added')), []);
});
