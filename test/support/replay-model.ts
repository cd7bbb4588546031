import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NamedTensor } from '../../src/index.js';
import { replayIr } from './replay-ir.js';
import { replayOnnx } from './replay-onnx.js';

export interface ReplayModel {
  folder: string;
  /** Of the file, without ending. */
  name: string;
  format: 'ir' | 'onnx';
  /** One picture input, [batch, 3, height, width]. */
  input: { batch: number; height: number; width: number };
  /** Of any rank from 1 on; `data` is row-major. Names are letters, digits, `_`, `-` and `.`. */
  outputs: readonly NamedTensor[];
}

/**
 * Writes a network that gives the same tensors for every picture, and returns the path of its main file. Each output
 * is its tensor plus 0 times the picture's least value: it hangs on the input, so that no runtime makes a
 * constant of it, and keeps every value. To be opened with precision f32, as others round the tensors.
 */
export async function writeReplayModel(model: ReplayModel): Promise<string> {
  const { folder, name, format, outputs } = model;
  for (const output of outputs) requireWhole(output);
  const file = (ending: string): string => join(folder, `${name}.${ending}`);
  if (format === 'onnx') {
    await writeFile(file('onnx'), replayOnnx(model));
    return file('onnx');
  }
  const { xml, bin } = replayIr(model);
  await writeFile(file('xml'), xml);
  await writeFile(file('bin'), bin);
  return file('xml');
}

function requireWhole({ name, shape, data }: NamedTensor): void {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (shape.length === 0 || elements !== data.length) {
    throw new Error(`${name}: expected as many values as [${shape}] has, found ${data.length}`);
  }
  if (!/^[\w.-]+$/.test(name)) throw new Error(`expected a plain output name, found ${name}`);
}
