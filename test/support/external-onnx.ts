import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NamedTensor } from '../../src/index.js';
import { ProtobufWriter } from './protobuf-writer.js';

const message = (): ProtobufWriter => new ProtobufWriter();

/**
 * An ONNX model as exporters write large ones: its weights are in a file beside it. Gives the same tensors for every
 * picture of [1, 3, size, size]. Field numbers are those of onnx.proto. Returns the path of the model.
 */
export function writeExternalOnnx(folder: string, size: number, outputs: readonly NamedTensor[]): string {
  const node = (operator: string, inputs: readonly string[], output: string): ProtobufWriter => {
    const written = message();
    for (const input of inputs) written.text(1, input);
    return written.text(2, output).text(4, operator);
  };
  const keepNoDimension = message().text(1, 'keepdims').number(3, 0).number(20, 2);
  const graph = message().message(1, node('ReduceMin', ['picture'], 'least').message(5, keepNoDimension));
  graph.message(1, node('Mul', ['least', 'zero'], 'nothing'));
  for (const { name } of outputs) graph.message(1, node('Add', [`${name}/data`, 'nothing'], name));
  graph.text(2, 'external');
  graph.message(5, message().number(2, 1).text(8, 'zero').bytes(9, new Uint8Array(4)));
  let offset = 0;
  for (const { name, shape, data } of outputs) {
    const tensor = message();
    for (const dim of shape) tensor.number(1, dim);
    tensor.number(2, 1).text(8, `${name}/data`);
    const place = { location: 'external.data', offset: `${offset}`, length: `${data.byteLength}` };
    for (const [key, value] of Object.entries(place))
      tensor.message(13, message().text(1, key).text(2, value));
    graph.message(5, tensor.number(14, 1));
    offset += data.byteLength;
  }
  graph.message(11, valueInfo('picture', [1, 3, size, size]));
  for (const { name, shape } of outputs) graph.message(12, valueInfo(name, shape));
  const opset = message().text(1, '').number(2, 13);
  const path = join(folder, 'external.onnx');
  writeFileSync(path, message().number(1, 8).message(7, graph).message(8, opset).finish());
  writeFileSync(join(folder, 'external.data'), new Uint8Array(offset));
  return path;
}

function valueInfo(name: string, shape: readonly number[]): ProtobufWriter {
  const dimensions = message();
  for (const size of shape) dimensions.message(1, message().number(1, size));
  const type = message().message(1, message().number(1, 1).message(2, dimensions));
  return message().text(1, name).message(2, type);
}
