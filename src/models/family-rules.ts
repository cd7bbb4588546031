import type { SkeletonName } from '../pose/skeletons.js';
import type { FileRole, ModelFamily, NetworkInput } from './catalog-schema.js';
import { type DecoderFamily, tensorRoles } from './decode-options.js';

type ResizeRule = NetworkInput['resize'];

/** What a model of a family consists of. */
export interface FamilyRules {
  /** Files beside the second halves of IRs. */
  required: readonly FileRole[];
  endings: readonly string[];
  /** How each network's input is made from a picture; each network has one of these. */
  inputs: Partial<Record<FileRole, readonly ResizeRule[]>>;
  /** Roles that an output can be named for. */
  outputs: readonly string[];
}

const wholePicture: readonly ResizeRule[] = ['letterbox-top-left', 'letterbox-centre', 'stretch'];
const ownNetworks = ['.xml', '.onnx', '.tflite'];

function outputsOf(family: DecoderFamily): string[] {
  return tensorRoles[family].map((role) => role.replace('?', ''));
}

function bottomUp(family: DecoderFamily): FamilyRules {
  return {
    required: ['xml'],
    endings: ownNetworks,
    inputs: { xml: wholePicture },
    outputs: outputsOf(family),
  };
}

function topDown(family: DecoderFamily): FamilyRules {
  return {
    required: ['xml', 'detector'],
    endings: ownNetworks,
    inputs: { xml: ['crop'], detector: wholePicture },
    outputs: outputsOf(family),
  };
}

export const familyRules: Readonly<Record<ModelFamily, FamilyRules>> = {
  openpose: bottomUp('openpose'),
  'associative-embedding': bottomUp('associative-embedding'),
  'trt-pose': bottomUp('trt-pose'),
  heatmap: topDown('heatmap'),
  simcc: topDown('simcc'),
  blazepose: {
    required: ['detector', 'landmarks'],
    endings: ['.tflite', '.onnx'],
    inputs: { detector: ['letterbox-centre'], landmarks: ['rotated-crop'] },
    outputs: [],
  },
};

/** The skeleton of a family that has no other. */
export const fixedSkeletons: Partial<Record<ModelFamily, SkeletonName>> = {
  openpose: 'openpose18',
  blazepose: 'blazepose33',
};

/** Families that find people first and then look at each. */
export function isTopDown(family: ModelFamily): family is 'heatmap' | 'simcc' {
  return family === 'heatmap' || family === 'simcc';
}
