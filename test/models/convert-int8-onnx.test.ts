import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { spreadPictures } from '../../src/cli/spread-pictures.js';
import { type QuantizeOptions, quantize } from '../../src/models/convert/quantize.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { environments, requireConverter, runPython } from '../support/converter.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

const net = 'human-pose-estimation-0001';
const folder = mkdtempSync(join(tmpdir(), 'convert-int8-onnx-'));
t.teardown(() => rmSync(folder, { recursive: true }));
t.setTimeout(600_000); // the packages are installed by whoever comes first

async function toInt8(source: string, options: Partial<QuantizeOptions>): ReturnType<typeof quantize> {
  return quantize({
    model: await resolveInstalled(source, { stateDir: folder }),
    role: 'xml',
    force: false,
    environments,
    pictures: await spreadPictures('sample:', 4),
    samples: 4,
    format: 'onnx',
    output: join(folder, 'int8.onnx'),
    ignore: [],
    agreement: async () => 1,
    minAgreement: 0.9,
    ...options,
  });
}

interface Quantizer {
  operator: string;
  /** Of the zero point. */
  type: string;
  zeros: boolean;
  /** Numbers of scales, and the least. */
  scales: number;
  least: number;
  /** Output channels of the weight that it stands behind; null of an activation. */
  channels: number | null;
  axis: number;
}

interface Graph {
  opsets: Record<string, number>;
  /** Element types of inputs and outputs. */
  interface: string[];
  quantizers: Quantizer[];
  /** Operators in front of each input by name of the node; a constant's type. */
  layers: Record<string, string[]>;
  sums: Record<string, string[]>;
}

const reader = `
import json, sys, numpy as np, onnx
from onnx import TensorProto, numpy_helper
graph = (model := onnx.load(sys.argv[1])).graph
constants = {tensor.name: tensor for tensor in graph.initializer}
producers = {name: node for node in graph.node for name in node.output}
type_of = lambda number: TensorProto.DataType.Name(number)
def before(name):
    return type_of(constants[name].data_type) if name in constants else producers[name].op_type if name in producers else "input"
def weight_of(node):
    name = node.input[0] if node.op_type == "QuantizeLinear" else producers[node.input[0]].input[0]
    return constants.get(name)
def quantizer(node):
    scale, zero = (numpy_helper.to_array(constants[name]) for name in node.input[1:])
    axis, weight = next((a.i for a in node.attribute if a.name == "axis"), 1), weight_of(node)
    return dict(operator=node.op_type, type=type_of(constants[node.input[2]].data_type), zeros=not zero.any(), scales=scale.size,
                least=float(scale.min()), channels=None if weight is None else weight.dims[axis], axis=axis)
def inputs(*operators):
    return {node.name: [before(name) for name in node.input] for node in graph.node if node.op_type in operators}
print(json.dumps(dict(
    opsets={each.domain: each.version for each in model.opset_import},
    interface=[type_of(value.type.tensor_type.elem_type) for value in [*graph.input, *graph.output]],
    quantizers=[quantizer(node) for node in graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")],
    layers=inputs("Conv", "ConvTranspose"), sums=inputs("Add"))))
`;

async function read(t: Test, file: string): Promise<Graph> {
  const environment = await requireConverter(t, 'quantize');
  if (environment === undefined) throw new Error('no converter');
  return JSON.parse(runPython(environment, reader, [file])) as Graph;
}

/** What every TensorRT from 8.5 on takes. */
function checkTypes(t: Test, graph: Graph): void {
  t.same(graph.opsets, { '': 17 });
  t.ok(
    graph.interface.every((type) => type === 'FLOAT'),
    'float inputs and outputs',
  );
  for (const quantizer of graph.quantizers) {
    const { type, zeros, scales, least, channels, axis } = quantizer;
    const isWeight = channels !== null;
    const isRight = type === 'INT8' && zeros && least > 0 && scales === (isWeight ? channels : 1);
    if (!isRight || (isWeight && axis !== 0)) t.fail('a quantizer that is not symmetric', { quantizer });
  }
}

t.test('an INT8 IR as explicitly quantized ONNX', { skip: withoutSharedData }, async (t) => {
  const shared = sharedData();
  if ((await requireConverter(t, 'quantize')) === undefined) return;
  const source = join(shared, 'models', net, 'FP16-INT8', `${net}.xml`);
  const output = join(folder, 'net/int8.onnx');
  const asked: string[] = [];
  const options: Partial<QuantizeOptions> = {
    output,
    inputHeight: 128,
    agreement: async (candidate) => {
      asked.push(candidate);
      t.ok(existsSync(candidate), 'the file is there to be asked after');
      return 0.93;
    },
  };
  await t.rejects(toInt8(source, { ...options, minAgreement: 1 }), {
    code: 'MODEL_CONVERSION_FAILED',
    message: /in INT8 agrees with its source to 0\.930, expected at least 1; nothing was written/,
  });
  t.same(readdirSync(join(folder, 'net')), [], 'what does not agree is not kept');

  const report = await toInt8(source, options);
  t.equal(asked.length, 2);
  t.match(report, { path: output, agreement: 0.93, opset: 17, pictures: 4, layers: 58 });
  const joined = 'Mconv1_stage2_L1/sq/WithoutBiases';
  const ignored = [joined, 'Mconv7_stage2_L1/WithoutBiases', 'Mconv7_stage2_L2/WithoutBiases'];
  t.same(report.ignored, ignored);
  for (const [name, { correlation }] of Object.entries(report.outputs))
    t.ok(correlation > (name.endsWith('L2') ? 0.998 : 0.97), `${name}: ${correlation}`);

  const graph = await read(t, output);
  checkTypes(t, graph);
  const weights = graph.quantizers.filter(({ channels }) => channels !== null);
  t.equal(weights.length, 2 * 55, 'a pair for the weights of every layer but those');
  t.equal(graph.quantizers.length, 2 * report.quantizers);
  const quantized = ['DequantizeLinear', 'DequantizeLinear', 'FLOAT'];
  for (const [name, inputs] of Object.entries(graph.layers)) {
    const float = [name === joined ? 'Concat' : 'Relu', 'FLOAT', 'FLOAT'];
    t.same(inputs, ignored.includes(name) ? float : quantized, name);
  }
  const sums = Object.values(graph.sums).filter((inputs) => !inputs.includes('FLOAT'));
  t.equal(sums.length, 6, 'of the residual blocks');
  for (const inputs of sums) t.same(inputs, ['DequantizeLinear', 'DequantizeLinear']);
});

/** A residual block behind a convolution of one channel at a time, whose channels reach from 1 to 1000. */
const residualNetwork = `
import sys, numpy as np, onnx
from onnx import helper, numpy_helper, TensorProto
random = np.random.default_rng(7)
channels = 8
def conv(name, source, outputs, inputs, size, gain=1.0, **attributes):
    weights = (random.normal(size=(outputs, inputs, size, size)) / np.sqrt(inputs * size * size)).astype(np.float32)
    weights *= np.float32(gain).reshape(-1, 1, 1, 1)
    constants.append(numpy_helper.from_array(weights, name + "/weights"))
    constants.append(numpy_helper.from_array(random.normal(size=outputs).astype(np.float32) * np.float32(gain), name + "/bias"))
    reads = [source, name + "/weights", name + "/bias"]
    return helper.make_node("Conv", reads, [name], name, pads=[size // 2] * 4, kernel_shape=[size, size], **attributes)
constants, gains = [numpy_helper.from_array(np.float32(0.01), "hundredth")], np.geomspace(1, 1000, channels)
relu = lambda source: helper.make_node("Relu", [source], [source + "/relu"], source + "/relu")
nodes = [
    helper.make_node("Mul", ["data", "hundredth"], ["small"]),
    conv("stem", "small", channels, 3, 3, gains), relu("stem"),
    conv("depthwise", "stem/relu", channels, 1, 3, 1 / gains, group=channels), relu("depthwise"),
    conv("branch", "depthwise/relu", channels, channels, 1), relu("branch"),
    conv("last", "branch/relu", channels, channels, 3),
    helper.make_node("Add", ["last", "depthwise/relu"], ["sum"], "sum"), relu("sum"),
    conv("after", "sum/relu", channels, channels, 1), relu("after"),
    conv("head", "after/relu", 4, channels, 1), conv("side", "after/relu", 4, channels, 1),
    helper.make_node("Add", ["head", "side"], ["out"], "last_sum"),
]
value = lambda name, channels: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, 64, 64])
graph = helper.make_graph(nodes, "residual", [value("data", 3)], [value("out", 4)], constants)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), sys.argv[1])
`;

t.test('a residual block of a float ONNX', async (t) => {
  const environment = await requireConverter(t, 'quantize');
  if (environment === undefined) return;
  const source = join(folder, 'residual.onnx');
  runPython(environment, residualNetwork, [source]);
  const output = join(folder, 'residual-int8.onnx');
  const report = await toInt8(source, { output });
  t.match(report, { layers: 7, ignored: { length: 2 } });
  const { correlation = 0 } = report.outputs.out ?? {};
  t.ok(correlation > 0.9999, `${correlation}, as its channels are evened out`);

  const graph = await read(t, output);
  checkTypes(t, graph);
  const { sum, ...others } = graph.sums;
  t.same(
    sum?.sort(),
    ['Conv', 'DequantizeLinear'],
    'one summand comes from the convolution that it is fused with',
  );
  t.same(Object.values(others), [['Conv', 'Conv']], 'what follows the last layers stays float');
});

t.test('layers that are to stay float', async (t) => {
  const environment = await requireConverter(t, 'quantize');
  if (environment === undefined) return;
  const source = join(folder, 'residual.onnx');
  runPython(environment, residualNetwork, [source]);
  const output = join(folder, 'ignored.onnx');
  await t.rejects(toInt8(source, { output, ignore: ['no_such_layer.*'] }), {
    message: /no layer is called no_such_layer/,
  });
  t.notOk(existsSync(output));
  const { ignored } = await toInt8(source, { output, ignore: ['(stem|depthwise).*'] });
  t.equal(ignored.length, 2);
  const { layers } = await read(t, output);
  const inputs = Object.entries(layers).map(([name, [input]]) => [name.split('/')[0], input]);
  t.match(Object.fromEntries(inputs), {
    stem: 'Mul',
    depthwise: 'Relu',
    branch: 'DequantizeLinear',
    head: 'DequantizeLinear',
  });
});
