import { AgentError } from '../errors.js';
import type { DetectorFacts, NetworkInput } from './catalog-schema.js';
import { type ModelOutline, outlineText } from './model-outline.js';
import { type PictureInput, pictureInput } from './picture-input.js';

/** How a person detector is run, as a manifest says it. */
export interface ProposedDetector {
  readonly input: NetworkInput;
  readonly detector: Pick<DetectorFacts, 'kind'>;
}

type Reading = Omit<NetworkInput, 'width' | 'height'> & { kind: DetectorFacts['kind'] };

/** As Open Model Zoo's detectors take it. */
const ssd: Reading = { kind: 'ssd', color: 'bgr', mean: 0, scale: 1, resize: 'stretch' };
/** As Ultralytics' exports take it. */
const yolo: Reading = { kind: 'yolo', color: 'rgb', mean: 0, scale: 255, resize: 'letterbox-centre' };
/** As YOLOX's exports take it: levels of 0 to 255, at the top left. */
const yolox: Reading = { kind: 'yolo', color: 'bgr', mean: 0, scale: 1, resize: 'letterbox-top-left' };
const blazepose: Reading = {
  kind: 'blazepose',
  color: 'rgb',
  mean: 127.5,
  scale: 127.5,
  resize: 'letterbox-centre',
};

/** Boxes that MediaPipe's pose detector judges, and numbers of each. */
const blazePoseAnchors = 2254;
const blazePoseNumbers = 12;
/** Numbers of a box that stand before the classes: the four sides, or with them how sure it is. */
const leastBoxNumbers = 5;
const mostBoxNumbers = 512;

/**
 * What a detector is, by the shapes of its outputs. `what` names the file.
 * Throws AgentError MODEL_SHAPE_MISMATCH, MODEL_UNDECIDED.
 */
export function proposeDetector(network: ModelOutline, what: string): ProposedDetector {
  const picture = pictureInput(network, what, 'export it with a fixed one');
  const reading = readDetector(network, picture);
  if (reading !== undefined) {
    const { kind, ...input } = reading;
    return { detector: { kind }, input: { height: picture.height, width: picture.width, ...input } };
  }
  throw new AgentError(
    'MODEL_UNDECIDED',
    `${what} is no person detector that is known by its outputs (${outlineText(network.outputs)}): expected ` +
      '[1, 1, N, 7] (SSD), [1, 4 + classes, N] or [1, N, 5 + classes] (YOLO) or [1, 2254, 12] (BlazePose); ' +
      'the keys detector and inputs.detector of a manifest describe it',
  );
}

/** True where the outputs are those of a detector, and so of no network that finds keypoints. */
export function isDetector(network: ModelOutline, picture: PictureInput): boolean {
  return readDetector(network, picture) !== undefined;
}

function readDetector({ outputs }: ModelOutline, picture: PictureInput): Reading | undefined {
  const shapes = outputs.map(({ dims }) => dims ?? []);
  if (
    shapes.some((dims) => dims.length === 3 && dims[1] === blazePoseAnchors && dims[2] === blazePoseNumbers)
  )
    return blazepose;
  if (shapes.length !== 1) return undefined;
  const [dims = []] = shapes;
  if (dims.length === 4 && dims[0] === 1 && dims[1] === 1 && dims[3] === 7) return ssd;
  const [, second = -1, third = -1] = dims;
  if (dims.length !== 3 || second < 1 || third < 1) return undefined;
  const numbers = Math.min(second, third);
  if (numbers < leastBoxNumbers || numbers > mostBoxNumbers || second === third) return undefined;
  // A box for each cell of three maps, with how sure it is in front of the classes.
  return third === numbers && second === cellsOf(picture) ? yolox : yolo;
}

function cellsOf({ width, height }: PictureInput): number {
  return [8, 16, 32].reduce(
    (sum, stride) => sum + Math.floor(width / stride) * Math.floor(height / stride),
    0,
  );
}
