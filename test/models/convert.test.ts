import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import { spreadPictures } from '../../src/cli/spread-pictures.js';
import { convertToOnnx, type OnnxOptions } from '../../src/models/convert/convert-to-onnx.js';
import { type QuantizeOptions, quantize } from '../../src/models/convert/quantize.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { environments, requireConverter, runPython } from '../support/converter.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

const net = 'human-pose-estimation-0001';
const folder = mkdtempSync(join(tmpdir(), 'convert-'));
t.teardown(() => rmSync(folder, { recursive: true }));
t.setTimeout(600_000); // the packages are installed by whoever comes first

/** A quarter of the pixels: these tests are about the file, which holds the same weights whatever its input. */
const small = 128;

async function convert(source: string, options: Partial<OnnxOptions>): ReturnType<typeof convertToOnnx> {
  return convertToOnnx({
    model: await resolveInstalled(source, { stateDir: folder }),
    role: 'xml',
    force: false,
    environments,
    pictures: await spreadPictures('sample:', 2),
    samples: 2,
    output: join(folder, 'out.onnx'),
    precision: 'fp32',
    target: 'onnxruntime',
    ...options,
  });
}

/** Of all outputs, by runtime and by what they are compared with. */
function least({ comparisons }: Awaited<ReturnType<typeof convert>>, runtime: string, other: string): number {
  const found = comparisons.find((each) => each.runtime === runtime && each.with === other);
  return Math.min(...Object.values(found?.outputs ?? {}).map(({ correlation }) => correlation));
}

t.test(
  'a quantized IR keeps its quantizers in float32 for ONNX Runtime',
  { skip: withoutSharedData },
  async (t) => {
    const shared = sharedData();
    if ((await requireConverter(t, 'convert')) === undefined) return;
    const source = join(shared, 'models', net, 'FP16-INT8', `${net}.xml`);
    const output = join(folder, 'quantized.onnx');
    const report = await convert(source, { output, inputHeight: small });
    t.match(report, { opset: 17, source_quantized: true, compared_on: { pictures: 2 } });
    t.match(report.operators, { QuantizeLinear: 63, DequantizeLinear: 120, Conv: 58 });
    t.ok(report.bytes < 5e6 && statSync(output).size === report.bytes, `${report.bytes} bytes`);
    for (const runtime of ['openvino', 'onnxruntime']) t.ok(least(report, runtime, 'the source') > 0.97);
  },
);

t.test('without quantizers, and quantized anew', { skip: withoutSharedData }, async (t) => {
  const shared = sharedData();
  if ((await requireConverter(t, 'quantize')) === undefined) return;
  const source = join(shared, 'models', net, 'FP16-INT8', `${net}.xml`);
  const float = join(folder, 'float.onnx');
  const report = await convert(source, { output: float, target: 'tensorrt', inputHeight: small });
  t.same(Object.keys(report.initializers), ['float']);
  t.notOk(report.operators.QuantizeLinear ?? report.operators.DequantizeLinear);
  t.same(report.outputs, { Mconv7_stage2_L1: [1, 38, 16, 29], Mconv7_stage2_L2: [1, 19, 16, 29] });
  for (const runtime of ['openvino', 'onnxruntime']) {
    t.ok(
      least(report, runtime, 'the source without its quantizers') > 0.999_999,
      `${runtime}: the arithmetic`,
    );
    t.ok(least(report, runtime, 'the source') > 0.97, `${runtime}: the source with its rounding`);
  }

  const asked: string[] = [];
  const int8 = async (options: Partial<QuantizeOptions>): ReturnType<typeof quantize> =>
    quantize({
      model: await resolveInstalled(float, { stateDir: folder }),
      role: 'xml',
      inputHeight: small,
      force: false,
      environments,
      pictures: await spreadPictures('sample:', 8),
      samples: 8,
      format: 'ir',
      output: join(folder, 'int8/hall.xml'),
      ignore: [],
      agreement: async (candidate) => {
        asked.push(candidate);
        t.ok(
          existsSync(candidate) && existsSync(candidate.replace(/xml$/, 'bin')),
          'both files are there to be asked after',
        );
        return 0.93;
      },
      minAgreement: 0.95,
      ...options,
    });
  await t.rejects(int8({}), {
    code: 'MODEL_CONVERSION_FAILED',
    message: /in INT8 agrees with its source to 0\.930, expected at least 0\.95/,
  });
  t.same(readdirSync(join(folder, 'int8')), [], 'what does not agree is not kept');
  const kept = await int8({ minAgreement: 0.9 });
  t.equal(asked.length, 2);
  t.match(kept, { agreement: 0.93, pictures: 8, layers: 58 });
  t.same(kept.ignored, ['Mconv7_stage2_L1/WithoutBiases', 'Mconv7_stage2_L2/WithoutBiases']);
  t.ok(kept.quantizers > 50 && kept.bytes < 5.5e6, `${kept.quantizers} quantizers, ${kept.bytes} bytes`);
  for (const [name, { correlation }] of Object.entries(kept.outputs))
    t.ok(correlation > 0.95, `${name}: ${correlation}`);
  t.same(readdirSync(join(folder, 'int8')).sort(), ['hall.bin', 'hall.xml']);

  await t.rejects(int8({ force: true, ignore: ['no_such_layer.*'] }), {
    message: /no layer is called no_such_layer/,
  });
  const model = await resolveInstalled(kept.path, { stateDir: folder });
  await t.rejects(int8({ model, force: true }), { message: /is quantized already/ });
  t.same(readdirSync(join(folder, 'int8')).sort(), ['hall.bin', 'hall.xml'], 'what was there stays');
});

t.test('a TFLite network with five outputs', async (t) => {
  if ((await requireConverter(t, 'convert')) === undefined) return;
  const model = await resolveInstalled('blazepose-lite', { stateDir: folder });
  const options = { model, role: 'detector', precision: 'fp16', target: 'tensorrt' } as const;
  await t.rejects(convert('blazepose-lite', { ...options, inputHeight: small }), {
    code: 'MODEL_SHAPE_MISMATCH',
  });
  const report = await convert('blazepose-lite', { ...options, output: join(folder, 'detector.onnx') });
  t.match(report, { opset: 17, source_quantized: false });
  t.ok(report.initializers.float16, 'weights are halves');
  t.ok((report.largest_activation ?? Number.POSITIVE_INFINITY) < 65_504);
  t.ok(least(report, 'onnxruntime', 'the source') > 0.999);
});

t.test('what cannot be read or cannot be float16 leaves nothing', async (t) => {
  const environment = await requireConverter(t, 'convert');
  if (environment === undefined) return;
  const place = t.testdir({
    'garbage.onnx': 'no network',
    'broken.xml': '<net name="x" version="11"><layers>',
  });
  writeFileSync(join(place, 'broken.bin'), 'x');
  const output = join(place, 'out/out.onnx');
  for (const name of ['garbage.onnx', 'broken.xml']) {
    await t.rejects(convert(join(place, name), { output }), {
      code: 'MODEL_UNREADABLE',
      message: new RegExp(name),
    });
  }
  const lite = resolve('node_modules/@mediapipe/pose/pose_landmark_lite.tflite');
  copyFileSync(lite, join(place, 'short.tflite'));
  truncateSync(join(place, 'short.tflite'), 100_000);
  await t.rejects(convert(join(place, 'short.tflite'), { output }), { code: 'MODEL_UNREADABLE' });

  const large = join(place, 'large.onnx');
  runPython(environment, largeNetwork, [large]);
  await t.rejects(convert(large, { output, precision: 'fp16' }), {
    code: 'MODEL_CONVERSION_FAILED',
    message: /float16 ends at 6\.55e\+04/,
  });
  t.same(readdirSync(join(place, 'out')), []);
  t.match(await convert(large, { output }), { opset: 17, bytes: Number }, 'in float32 it is fine');
  t.same(readdirSync(join(place, 'out')), ['out.onnx']);
});

/** Sums of a thousand times the input, which float16 does not hold, divided by as much again. */
const largeNetwork = `
import sys, numpy as np, onnx
from onnx import helper, numpy_helper, TensorProto
weights = numpy_helper.from_array(np.full((3, 3, 1, 1), 1000, np.float32), "weights")
back = numpy_helper.from_array(np.float32(0.0003), "back")
nodes = [helper.make_node("Conv", ["data", "weights"], ["large"]), helper.make_node("Mul", ["large", "back"], ["out"])]
shape = [1, 3, 16, 16]
value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
graph = helper.make_graph(nodes, "large", [value("data")], [value("out")], [weights, back])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), sys.argv[1])
`;

t.test('a result that is not the source is told by its figures', async (t) => {
  const environment = await requireConverter(t, 'convert');
  if (environment === undefined) return;
  const said = runPython(environment, comparison, []);
  const [same, scaled, noisy, silent] = said.trim().split('\n');
  t.equal(same, 'passes');
  t.match(scaled, /correlation 1\.000000, relative difference 1,/, 'a wrong scale is seen');
  t.match(noisy, /expected a correlation of at least 0\.9999, found out: correlation 0\.99/);
  t.equal(silent, 'passes', 'of an output that is zero nothing is asked');
});

const comparison = `
import numpy as np
from compare import compare, require
from fault import Fault
values = np.random.default_rng(1).normal(size=1000)
noise = np.random.default_rng(2).normal(size=1000)
zero = np.zeros(1000)
for expected, found in ((values, values), (values, 2 * values), (values, values + 0.1 * noise), (zero, zero + 1e-9)):
    try:
        require(compare([{"out": expected}], [{"out": found}]), 0.9999, "it")
        print("passes")
    except Fault as fault:
        print(fault)
`;
