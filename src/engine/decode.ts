import { AgentError } from '../errors.js';
import type { Keypoint } from '../pose/instance.js';
import { unpackInstances } from '../pose/packed-instances.js';
import { loadCore } from './load-addon.js';

/** A network's output, found by the role it plays in its family. */
export interface NamedTensor {
  name: string;
  /** Row-major. */
  data: Float32Array;
  /** Outermost first, as in [1, 19, 32, 57]. */
  shape: readonly number[];
}

export interface OpenPoseDecodeOptions {
  /** Least value of a keypoint's heatmap, in (0, 1]; 0.1. */
  peakThreshold?: number;
  /** How many of the 10 samples along a limb must agree: 'all' as Open Model Zoo's C++ demo (default), 'most' (9)
   *  as its Python demo and accuracy checker. */
  limbRatio?: 'all' | 'most';
}

/** One person. */
export interface DecodedInstance {
  /** Mean score of the present keypoints, in [0, 1]. */
  score: number;
  /** The score that the family's reference implementation gives. */
  rawScore: number;
  /** Network-input pixels, in the order of the family's skeleton; null where there is none. */
  keypoints: (Keypoint | null)[];
}

/** Options of each family that decode() knows. */
export interface DecodeOptions {
  openpose: OpenPoseDecodeOptions;
}

function tensor(tensors: readonly NamedTensor[], name: string): NamedTensor {
  const found = tensors.find((candidate) => candidate.name === name);
  if (!found) {
    const names = tensors.map((candidate) => candidate.name).join(', ') || 'none';
    throw new AgentError('TENSOR_INVALID', `expected a tensor named ${name}, found ${names}`);
  }
  if (!(found.data instanceof Float32Array)) {
    throw new AgentError(
      'TENSOR_INVALID',
      `${name}: expected data as Float32Array, found ${typeof found.data}`,
    );
  }
  if (!Array.isArray(found.shape) || !found.shape.every((size) => Number.isInteger(size) && size > 0)) {
    throw new AgentError(
      'TENSOR_INVALID',
      `${name}: expected a shape of positive integers, found [${found.shape}]`,
    );
  }
  const elements = found.shape.reduce((product, size) => product * size, 1);
  if (found.shape.length !== 4 || elements !== found.data.length) {
    throw new AgentError(
      'TENSOR_INVALID',
      `${name}: expected 4 dimensions and ${elements} values, found shape [${found.shape}] and ${found.data.length}`,
    );
  }
  return found;
}

async function decodeOpenPose(
  tensors: readonly NamedTensor[],
  options: OpenPoseDecodeOptions,
): Promise<DecodedInstance[]> {
  const { peakThreshold = 0.1, limbRatio = 'all' } = options;
  if (!(peakThreshold > 0 && peakThreshold <= 1)) {
    throw new AgentError(
      'TENSOR_INVALID',
      `peakThreshold: expected a number in (0, 1], found ${peakThreshold}`,
    );
  }
  if (limbRatio !== 'all' && limbRatio !== 'most') {
    throw new AgentError('TENSOR_INVALID', `limbRatio: expected 'all' or 'most', found ${limbRatio}`);
  }
  const heatmaps = tensor(tensors, 'heatmaps');
  const pafs = tensor(tensors, 'pafs');
  try {
    const packed = await loadCore().decodeOpenPose(heatmaps.data, heatmaps.shape, pafs.data, pafs.shape, {
      peakThreshold,
      limbRatio,
    });
    return unpackInstances(packed).map(({ score, rawScore, keypoints }) => ({ score, rawScore, keypoints }));
  } catch (error) {
    if (error instanceof AgentError) throw error;
    throw new AgentError('TENSOR_INVALID', (error as Error).message, { cause: error });
  }
}

/**
 * Turns a network's outputs into people, off the JavaScript thread.
 *
 * 'openpose': `heatmaps` [1, 19 or 18, H/8, W/8] and `pafs` [1, 38, H/8, W/8], decoded as Open Model Zoo's C++ demo
 * does; 18 keypoints a person, coordinates in network-input pixels.
 *
 * @throws AgentError TENSOR_INVALID, ENGINE_NOT_BUILT
 */
export async function decode<Family extends keyof DecodeOptions>(
  family: Family,
  tensors: readonly NamedTensor[],
  options: DecodeOptions[Family] = {},
): Promise<DecodedInstance[]> {
  if (family !== 'openpose') {
    throw new AgentError('TENSOR_INVALID', `expected a family that decode knows (openpose), found ${family}`);
  }
  return decodeOpenPose(tensors, options);
}
