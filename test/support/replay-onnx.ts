import { ProtobufWriter } from './protobuf-writer.js';
import type { ReplayModel } from './replay-model.js';

/** Element types of onnx.proto's TensorProto. */
const float = 1;

const message = (): ProtobufWriter => new ProtobufWriter();

/**
 * The file of an ONNX model (opset 13) whose outputs are `constant + 0 * min(input)`. Field numbers are those of
 * onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */
export function replayOnnx({ name, input, outputs }: Omit<ReplayModel, 'folder' | 'format'>): Uint8Array {
  const graph = message()
    .message(1, node('ReduceMin', ['picture'], 'least').message(5, integerAttribute('keepdims', 0)))
    .message(1, node('Mul', ['least', 'zero'], 'nothing'));
  for (const output of outputs)
    graph.message(1, node('Add', [`${output.name}/data`, 'nothing'], output.name));
  graph.text(2, name).message(5, tensor('zero', [], new Float32Array(1)));
  for (const output of outputs) graph.message(5, tensor(`${output.name}/data`, output.shape, output.data));
  graph.message(11, valueInfo('picture', [input.batch, 3, input.height, input.width]));
  for (const output of outputs) graph.message(12, valueInfo(output.name, output.shape));
  const opset = message().text(1, '').number(2, 13);
  return message().number(1, 8).message(7, graph).message(8, opset).finish();
}

function node(operator: string, inputs: readonly string[], output: string): ProtobufWriter {
  const written = message();
  for (const input of inputs) written.text(1, input);
  return written.text(2, output).text(3, output).text(4, operator);
}

function integerAttribute(name: string, value: number): ProtobufWriter {
  const integer = 2;
  return message().text(1, name).number(3, value).number(20, integer);
}

function tensor(name: string, shape: readonly number[], data: Float32Array): ProtobufWriter {
  const written = message();
  for (const size of shape) written.number(1, size);
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return written.number(2, float).text(8, name).bytes(9, raw);
}

function valueInfo(name: string, shape: readonly number[]): ProtobufWriter {
  const dimensions = message();
  for (const size of shape) dimensions.message(1, message().number(1, size));
  const type = message().message(1, message().number(1, float).message(2, dimensions));
  return message().text(1, name).message(2, type);
}
