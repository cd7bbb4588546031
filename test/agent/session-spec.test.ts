import t from 'tap';
import { sessionSpec } from '../../src/agent/session-spec.js';
import { type Config, configSchema } from '../../src/config/schema.js';
import type { ModelFacts, NetworkInput } from '../../src/models/catalog-schema.js';
import type { ResolvedModel } from '../../src/models/resolve.js';
import { skeletons } from '../../src/pose/skeletons.js';

function config(model: object): Config {
  return { ...configSchema.parse({ model }), device_id: 'box', state_dir: '/state', remote_cameras: false };
}

/** An OpenPose model whose network takes pictures of this size. */
function openPose(input: Partial<NetworkInput>, facts: Partial<ModelFacts> = {}): ResolvedModel {
  const plain = { color: 'bgr', mean: 0, scale: 1, resize: 'letterbox-top-left' } as const;
  return {
    name: 'net',
    id: 'net',
    variant: 'file',
    family: 'openpose',
    inputs: { xml: { height: 256, width: 456, stride: 8, ...plain, ...input } },
    ...facts,
    skeleton: skeletons.openpose18,
    files: { xml: '/net.xml' },
    main: '/net.xml',
    checksums: {},
    sha512: {},
  };
}

t.test('a height of the user’s keeps the proportions, in whole strides', async (t) => {
  const size = (model: ResolvedModel, height?: number) =>
    sessionSpec(config({ input_height: height }), model) as unknown as { input: NetworkInput };
  t.match(size(openPose({})), { input: { width: 456, height: 256 } });
  t.match(size(openPose({}), 128), { input: { width: 232, height: 128 } });
  t.match(size(openPose({ stride: 32, width: 512, height: 288 }), 200), {
    input: { width: 352, height: 192 },
  });
  const { stride: _, ...fixed } = openPose({}).inputs.xml as NetworkInput;
  const unchanging = { ...openPose({}), inputs: { xml: fixed } };
  t.match(size(unchanging, 128), { input: { width: 456, height: 256 } }, 'a network of one size keeps it');
});

t.test('a height that makes an input of no use is refused with what it makes', async (t) => {
  const spec = (input: Partial<NetworkInput>, height: number) => () =>
    sessionSpec(config({ input_height: height }), openPose(input));
  const code = 'MODEL_SHAPE_MISMATCH';
  t.throws(spec({ width: 4096, height: 64 }, 1024), {
    code,
    message: /65536x1024: expected sides of 1 to 4096/,
  });
  t.throws(spec({ width: 8, height: 512 }, 64), { code, message: /0x64/ });
});

t.test('a manifest’s decoder options hold, whatever the configuration says', async (t) => {
  const decode = (facts: Partial<ModelFacts>) =>
    sessionSpec(config({ limb_ratio: 'most' }), openPose({}, facts));
  t.match(decode({}), { decode: { limbRatio: 'most', peakThreshold: 0.1 } });
  t.match(decode({ decode: { limb_ratio: 'all', peak_threshold: 0.2 } }), {
    decode: { limbRatio: 'all', peakThreshold: 0.2 },
  });
  t.throws(() => decode({ decode: { peak_threshold: 2 } }), {
    code: 'MODEL_SHAPE_MISMATCH',
    message: /peak_threshold/,
  });
});
