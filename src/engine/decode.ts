import type { z } from 'zod';
import { AgentError } from '../errors.js';
import {
  type DecodeOptions,
  type DecoderFamily,
  type DecodeSettings,
  decodeOptions,
  tensorRoles,
} from '../models/decode-options.js';
import type { Keypoint } from '../pose/instance.js';
import { unpackInstances } from '../pose/packed-instances.js';
import type { NativeTensor } from './binding.js';
import { loadCore } from './load-addon.js';
import { toAgentError } from './to-agent-error.js';

/** A network's output, found by the role it plays in its family. */
export interface NamedTensor {
  name: string;
  /** Row-major. */
  data: Float32Array;
  /** Outermost first, as in [1, 19, 32, 57]. */
  shape: readonly number[];
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

const maxRank = 6;

function checked({ name, data, shape }: NamedTensor): NativeTensor {
  const refuse = (expected: string, found: unknown): never => {
    throw new AgentError('TENSOR_INVALID', `${name}: expected ${expected}, found ${found}`);
  };
  if (!(data instanceof Float32Array)) refuse('data as Float32Array', typeof data);
  if (!Array.isArray(shape) || !shape.every((size) => Number.isInteger(size) && size > 0)) {
    refuse('a shape of positive integers', `[${shape}]`);
  }
  if (shape.length > maxRank) refuse(`at most ${maxRank} dimensions`, shape.length);
  const elements = shape.reduce((product, size) => product * size, 1);
  if (elements !== data.length) refuse(`${elements} values for shape [${shape}]`, data.length);
  return { data, shape };
}

/** The tensors that the family's decoder takes, by role. */
function byRole(family: DecoderFamily, tensors: readonly NamedTensor[]): Record<string, NativeTensor> {
  const found: Record<string, NativeTensor> = {};
  for (const wanted of tensorRoles[family]) {
    const role = wanted.replace('?', '');
    const tensor = tensors.find(({ name }) => name === role);
    if (tensor) found[role] = checked(tensor);
    else if (role === wanted) {
      const names = tensors.map(({ name }) => name).join(', ') || 'none';
      throw new AgentError('TENSOR_INVALID', `expected a tensor named ${role}, found ${names}`);
    }
  }
  return found;
}

function completed<Family extends DecoderFamily>(
  family: Family,
  options: DecodeOptions[Family],
): DecodeSettings[Family] {
  const schema: z.ZodType = decodeOptions[family];
  const result = schema.safeParse(options);
  if (result.success) return result.data as DecodeSettings[Family];
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`);
  throw new AgentError('TENSOR_INVALID', faults.join('; '));
}

/**
 * Turns a network's outputs into people, off the JavaScript thread, from a copy of the tensors. Coordinates are network-input pixels; each family
 * equals its reference implementation.
 *
 * | family | tensors | people |
 * | --- | --- | --- |
 * | openpose | `heatmaps` [1, 19 or 18, H, W], `pafs` [1, 38, H, W] | all, 18 keypoints; Open Model Zoo's C++ demo |
 * | associative-embedding | `heatmaps`, `tags`, optional `nms_heatmaps`, each [1, K, H, W] | all; Open Model Zoo's C++ demo |
 * | heatmap | `heatmaps` [N, K, H, W] | one a crop, N of them; mmpose, AlphaPose |
 * | simcc | `simcc_x` [N, K, X], `simcc_y` [N, K, Y] | one a crop, N of them; mmpose, rtmlib |
 * | trt-pose | `cmap` [1, K, H, W], `paf` [1, 2 L, H, W] | all; trt_pose |
 *
 * @throws AgentError TENSOR_INVALID, ENGINE_NOT_BUILT, ENGINE_FAILED where memory runs out
 */
export async function decode<Family extends DecoderFamily>(
  family: Family,
  tensors: readonly NamedTensor[],
  options: DecodeOptions[Family] = {},
): Promise<DecodedInstance[]> {
  if (!Object.hasOwn(decodeOptions, family)) {
    const known = Object.keys(decodeOptions).join(', ');
    throw new AgentError('TENSOR_INVALID', `expected a family that decode knows (${known}), found ${family}`);
  }
  const settings = completed(family, options);
  const given = byRole(family, tensors);
  try {
    const packed = await loadCore().decode(family, given, settings);
    return unpackInstances(packed).map(({ score, rawScore, keypoints }) => ({ score, rawScore, keypoints }));
  } catch (error) {
    throw toAgentError(error);
  }
}
