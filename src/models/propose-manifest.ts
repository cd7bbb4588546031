import { AgentError } from '../errors.js';
import { skeletons } from '../pose/skeletons.js';
import type { FileRole, ModelFamily, NetworkInput } from './catalog-schema.js';
import { familyReadings, type ReadableNetwork, type Reading } from './family-readings.js';
import { type ModelOutline, outlineText } from './model-outline.js';
import { pictureInput } from './picture-input.js';
import { isDetector } from './propose-detector.js';

export interface ProposeOptions {
  /** Names the file in messages. */
  what: string;
  family?: ModelFamily | undefined;
  /** By name; where left out the one that the number of keypoints stands for. */
  skeleton?: string | undefined;
}

/** How a network is run, as a manifest says it; to be read as one, since nothing is checked yet. */
export interface ProposedFacts {
  readonly family: ModelFamily;
  readonly skeleton: string;
  readonly inputs: Partial<Record<FileRole, NetworkInput>>;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly decode?: Readonly<Record<string, unknown>>;
}

const families = Object.keys(familyReadings) as ModelFamily[];

/** What a number of keypoints stands for; some families have an order of their own. */
const usualSkeletons: Readonly<Record<number, string>> = { 17: 'coco17' };
const skeletonsOf: Partial<Record<ModelFamily, string>> = {
  openpose: 'openpose18',
  'trt-pose': 'trt_pose18',
  blazepose: 'blazepose33',
};

/**
 * What a network is, by the shapes and names of its outputs. Colours, mean and scale are those that the family's
 * networks usually have: no shape tells them.
 * Throws AgentError MODEL_UNDECIDED with what was found and what would decide it, MODEL_SHAPE_MISMATCH.
 */
export function proposeManifest(network: ModelOutline, options: ProposeOptions): ProposedFacts {
  const picture = pictureInput(network, options.what, 'say which with --input WIDTHxHEIGHT');
  const readable = { picture, outputs: network.outputs };
  const [family, reading] = chooseReading(readable, network, options);
  const { height, width } = picture;
  const { input, outputs, decode } = reading;
  return {
    family,
    skeleton: chooseSkeleton(family, reading.keypoints, options),
    inputs: { [family === 'blazepose' ? 'landmarks' : 'xml']: { height, width, ...input } },
    ...(outputs && { outputs }),
    ...(decode && { decode }),
  };
}

function chooseReading(
  readable: Omit<ReadableNetwork, 'named'>,
  network: ModelOutline,
  { what, family }: ProposeOptions,
): [ModelFamily, Reading] {
  const readings = (family === undefined ? families : [family]).flatMap((one): [ModelFamily, Reading][] => {
    const reading = familyReadings[one]({ ...readable, named: family !== undefined });
    return reading ? [[one, reading]] : [];
  });
  const [first, second] = readings;
  if (first !== undefined && second === undefined) return first;
  const found = `an input of ${readable.picture.width}x${readable.picture.height} and the outputs ${outlineText(
    network.outputs,
  )}`;
  if (second !== undefined) {
    const names = readings.map(([name]) => name).join(' or ');
    throw new AgentError('MODEL_UNDECIDED', `${what} may be ${names} (${found}): say which with --family`);
  }
  if (isDetector(network, readable.picture)) {
    throw new AgentError(
      'MODEL_UNDECIDED',
      `${what} finds people, but no keypoints (${found}): give it with --detector, beside a model that does`,
    );
  }
  const expected =
    family === undefined ? 'what no family of networks has' : `expected ${expectedOutputs[family]}`;
  throw new AgentError(
    'MODEL_UNDECIDED',
    `${what} has ${found}; ${expected}. ${hintFor(network, family) ?? 'A manifest with family, outputs and decode describes it'}`,
  );
}

const expectedOutputs: Readonly<Record<ModelFamily, string>> = {
  openpose: '[1, 19 or 18, h, w] and [1, 38, h, w] of an eighth of the input (openpose)',
  'associative-embedding':
    '[1, K, h, w] twice or three times, named like heatmaps, tags or embeddings, nms (associative-embedding)',
  heatmap: 'one [1, K, h, w] of a whole fraction of the input (heatmap)',
  simcc:
    '[1, K, X] and [1, K, Y] of the same number of bins a pixel, in a square input named …x and …y (simcc)',
  'trt-pose':
    '[1, 18, h, w] and [1, 42, h, w]; for other keypoints and links decode.links of a manifest (trt-pose)',
  blazepose: '[1, 195], [1, 1] and [1, 64, 64, 39] for an input of 256x256 (blazepose)',
};

/** What most probably stands in the way, and what decides it. */
function hintFor({ outputs }: ModelOutline, family: ModelFamily | undefined): string | undefined {
  const shapes = outputs.map(({ dims }) => dims ?? []);
  if (shapes.some((dims) => dims.slice(1).some((dim) => dim < 0)))
    return 'Shapes that only an inference tells cannot be decoded: export the model with fixed shapes, or give --input WIDTHxHEIGHT';
  const maps = shapes.filter((dims) => dims.length === 4);
  if (maps.some(([, first = 0, second = 0, third = 0]) => third > 1 && first > third && second > third))
    return 'Maps are decoded with their channels first, [1, K, h, w]: export the model so';
  const [one, other] = maps;
  if (one?.[1] === 57 && other === undefined)
    return 'Heatmaps and fields in one output cannot be taken apart: export them as two';
  if (maps.length === 2 && maps.length === shapes.length && one?.[2] === other?.[2] && family === undefined) {
    if (one?.[1] === other?.[1])
      return 'Two maps alike may be associative-embedding: a manifest with outputs.heatmaps and outputs.tags says which is which';
    return 'Maps of keypoints and of links may be trt-pose: a manifest with skeleton and decode.links says what connects what';
  }
  if (maps.length === 1 && shapes.length === 1 && family === undefined)
    return 'One map may be heatmap: say so with --family heatmap';
  return undefined;
}

function chooseSkeleton(
  family: ModelFamily,
  keypoints: number,
  { what, skeleton: given }: ProposeOptions,
): string {
  const name = given ?? skeletonsOf[family] ?? usualSkeletons[keypoints];
  if (name === undefined) {
    throw new AgentError(
      'MODEL_UNDECIDED',
      `${what} gives ${keypoints} keypoints, of which no names are known: say which with --skeleton NAME, or name ` +
        'them in a manifest (key skeleton)',
    );
  }
  const known = Object.hasOwn(skeletons, name) ? skeletons[name as keyof typeof skeletons] : undefined;
  if (known === undefined || known.keypoints.length === keypoints) return name;
  throw new AgentError(
    'MODEL_SHAPE_MISMATCH',
    `${what} gives ${keypoints} keypoints; the skeleton ${name} has ${known.keypoints.length}`,
  );
}
