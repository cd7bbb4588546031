import { mkdirSync } from 'node:fs';
import type { NamedTensor } from '../../src/index.js';
import { writeReplayModel } from './replay-model.js';

/** Zeros, in which nobody is found. */
export function emptyTensor(name: string, shape: readonly number[]): NamedTensor {
  return { name, shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) };
}

/** A tiny network with OpenPose's outputs; returns the path of its main file. */
export function writeOwnModel(
  folder: string,
  name: string,
  { format = 'onnx', height = 64 }: { format?: 'onnx' | 'ir'; height?: number } = {},
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  return writeReplayModel({
    folder,
    name,
    format,
    input: { batch: 1, height, width: 64 },
    outputs: [emptyTensor('heatmaps', [1, 19, height / 8, 8]), emptyTensor('pafs', [1, 38, height / 8, 8])],
  });
}
