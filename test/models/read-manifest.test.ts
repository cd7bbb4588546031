import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AgentError } from '../../src/errors.js';
import { readManifest } from '../../src/models/read-manifest.js';

const catalog = JSON.parse(readFileSync(join(import.meta.dirname, '../../models/catalog.json'), 'utf8'));

function facts(id: string) {
  const { title, family, skeleton, licence, inputs, outputs } = catalog.models.find(
    (model: { id: string }) => model.id === id,
  );
  return { title, family, skeleton, licence, inputs, outputs };
}

function file(role: string, path: string) {
  return { role, path, bytes: 10, sha256: 'a'.repeat(64), url: `https://models.example.com/${path}` };
}

const common = { v: 1, version: 3, expires: '2199-01-01T00:00:00Z' };
const openpose = {
  ...common,
  model: 'hall',
  ...facts('human-pose-estimation-0001'),
  files: [file('xml', 'hall/3/net.xml'), file('bin', 'hall/3/net.bin')],
};
const blazepose = {
  ...common,
  model: 'body',
  ...facts('blazepose-full'),
  files: [file('detector', 'body/3/detector.tflite'), file('landmarks', 'body/3/landmarks.tflite')],
};

function read(manifest: unknown) {
  return readManifest(Buffer.from(JSON.stringify(manifest)));
}

function refusal(manifest: unknown): string | undefined {
  try {
    read(manifest);
    return undefined;
  } catch (error) {
    if (error instanceof AgentError) return error.code;
    throw error;
  }
}

t.test('manifests of both families', async (t) => {
  t.match(read(openpose), { model: 'hall', version: 3, outputs: { heatmaps: String } });
  t.match(read(blazepose), { model: 'body', family: 'blazepose' });
  const { title: _, licence: __, outputs: ___, ...least } = openpose;
  t.match(read(least), { model: 'hall' }, 'with nothing that can be left out');
  t.match(
    read({ ...openpose, files: [file('xml', 'hall/3/net.onnx')] }),
    { model: 'hall' },
    'ONNX is one file',
  );
});

t.test('a value of the wrong kind, a key that is not known or one that is missing', async (t) => {
  const wrong: Record<string, unknown[]> = {
    v: [2, '1', null],
    model: [
      '',
      '../x',
      'a/b',
      'a b',
      'a@2',
      'a\0',
      '.hidden',
      'ä',
      'auto',
      'net.xml',
      'x.ONNX',
      'y'.repeat(101),
      7,
    ],
    version: [0, -1, 1.5, '3', 1e300, null],
    title: ['', 7],
    family: ['posenet', null],
    skeleton: ['coco', null],
    inputs: [null, [], { other: {} }, { xml: { width: 456 } }, { xml: { ...openpose.inputs.xml, more: 1 } }],
    outputs: [null, { heatmaps: 1 }, { heatmaps: 'a', pafs: '' }],
    licence: ['Apache-2.0', { name: 'x', url: 'no address' }],
    files: [null, [], {}, [null], Array(5).fill(openpose.files[0]), [openpose.files[0], openpose.files[0]]],
    expires: ['', '2199', '2199-01-01', 'tomorrow', 1, null],
    more: [1],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const code = refusal({ ...openpose, [name]: value });
      t.equal(code, 'MODEL_MANIFEST_INVALID', `${name}: ${JSON.stringify(value)?.slice(0, 50)}`);
    }
  }
  for (const name of ['v', 'model', 'version', 'family', 'skeleton', 'inputs', 'files', 'expires']) {
    t.equal(refusal({ ...openpose, [name]: undefined }), 'MODEL_MANIFEST_INVALID', `without ${name}`);
  }
  for (const bytes of ['', 'x', '[]', 'null', '\u{feff}{}']) {
    t.throws(() => readManifest(Buffer.from(bytes)), { code: 'MODEL_MANIFEST_INVALID' });
  }
});

t.test('files that could be something else', async (t) => {
  const wrong: Record<string, unknown[]> = {
    role: ['engine', '', null],
    bytes: [0, -1, 1.5, '10', 3 * 1024 ** 3],
    sha256: ['', 'A'.repeat(64), 'a'.repeat(63), null],
    path: [
      '../net.xml',
      'hall/../../net.xml',
      '/etc/net.xml',
      'net.xml',
      'hall//net.xml',
      'hall/./net.xml',
      'hall/net.xml\0',
      'hall/net.xml\n',
      'hall\\net.xml',
      'hall/%2e%2e/net.xml',
      'hall/.net.xml',
      '~/hall/net.xml',
      `hall/${'n'.repeat(300)}.xml`,
    ],
    url: [
      'ftp://h/net.xml',
      'file:///etc/passwd',
      'https://user:c4n4ry@h/net.xml',
      'https://h/net.xml#x',
      'https://h/a/../net.xml',
      'HTTPS://h/net.xml',
      'https://H/net.xml',
      'https:\\\\h\\net.xml',
      'https://2130706433/net.xml',
      'https://0x7f.1/net.xml',
      'https://h/\tnet.xml',
      'https://bücher.example/net.xml',
      'https://h:443/net.xml',
      '//h/net.xml',
      'net.xml',
      '',
    ],
    more: [1],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const files = [{ ...openpose.files[0], [name]: value }, openpose.files[1]];
      t.equal(refusal({ ...openpose, files }), 'MODEL_MANIFEST_INVALID', `${name}: ${JSON.stringify(value)}`);
    }
  }
  const secret = { ...openpose.files[0], url: 'https://user:c4n4ry@h/net.xml' };
  try {
    read({ ...openpose, files: [secret] });
  } catch (error) {
    t.notMatch((error as Error).message, 'c4n4ry');
  }
});

t.test('signed, and yet no model of its family', async (t) => {
  const [xml, bin] = openpose.files;
  const [detector, landmarks] = blazepose.files;
  const input = openpose.inputs.xml;
  const shapes: [string, unknown][] = [
    ['the other family', { ...openpose, family: 'blazepose' }],
    ['the other skeleton', { ...openpose, skeleton: 'blazepose33' }],
    ['a skeleton of its own', { ...openpose, skeleton: { name: 'x', keypoints: ['nose'], limbs: [] } }],
    ['files of the other family', { ...openpose, files: blazepose.files }],
    ['an IR without weights', { ...openpose, files: [xml] }],
    ['weights alone', { ...openpose, files: [bin] }],
    ['weights of another name', { ...openpose, files: [xml, file('bin', 'hall/3/other.bin')] }],
    ['a program', { ...openpose, files: [file('xml', 'hall/3/net.sh')] }],
    ['ONNX with weights', { ...openpose, files: [file('xml', 'hall/3/net.onnx'), bin] }],
    ['no input', { ...openpose, inputs: {} }],
    ['inputs of the other family', { ...openpose, inputs: blazepose.inputs }],
    ['an input besides', { ...openpose, inputs: { xml: input, bin: input } }],
    ['another way to resize', { ...openpose, inputs: { xml: { ...input, resize: 'rotated-crop' } } }],
    ['a size off the stride', { ...openpose, inputs: { xml: { ...input, width: 457 } } }],
    ['a huge input', { ...openpose, inputs: { xml: { ...input, width: 80_000, height: 80_000 } } }],
    ['one output twice', { ...openpose, outputs: { heatmaps: 'a', pafs: 'a' } }],
    ['an output of another family', { ...openpose, outputs: { heatmaps: 'a', tags: 'b' } }],
    ['no detector', { ...blazepose, files: [landmarks] }],
    ['one network for both', { ...blazepose, files: [detector, { ...landmarks, path: detector?.path }] }],
    ['outputs where there is no choice', { ...blazepose, outputs: openpose.outputs }],
    ['one input for two networks', { ...blazepose, inputs: { detector: blazepose.inputs.detector } }],
  ];
  for (const [what, manifest] of shapes) t.equal(refusal(manifest), 'MODEL_SHAPE_MISMATCH', what);
});
