import { join } from 'node:path';
import type { ModelOpening } from '../agent/model-opening.js';
import { inspectPath } from '../camera/parse-source.js';
import { freePixels } from '../engine/free-pixels.js';
import { AgentError } from '../errors.js';
import { type AnnotatedPicture, readCocoAnnotations } from './coco-annotations.js';
import { evaluateKeypoints, type KeypointFigures } from './evaluate-keypoints.js';
import { KeypointOrder } from './keypoint-order.js';
import type { EvaluatedPicture } from './match-picture.js';
import { type ModelChoice, type ModelRun, ModelUnderTest } from './model-under-test.js';
import { readPicture } from './read-picture.js';
import type { SkippedPicture } from './skipped-picture.js';

export interface ValidateModelOptions extends ModelChoice {
  /** Path of a COCO file with person keypoints. */
  readonly annotations: string;
  /** Folder that its file names are below. */
  readonly images: string;
  /** Stops after so many pictures, in the order of their ids. */
  readonly limit?: number | undefined;
  /** After each picture. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Where the engine first builds a plan of the model. */
  readonly onOpening?: (opening: ModelOpening) => void;
}

/** How well a model does on labelled pictures. */
export interface Validation {
  model: ModelRun;
  pictures: number;
  /** Annotated people who count: no crowds, and none without labelled keypoints. */
  people: number;
  figures: KeypointFigures;
  /** Pictures that the figures are without. */
  skipped: SkippedPicture[];
}

/**
 * Runs a model over labelled pictures, each for itself: what is followed from frame to frame is forgotten before each.
 * People are ranked by the score of the model's reference implementation, as in the figures that are published of it.
 *
 * Throws AgentError ANNOTATIONS_INVALID, KEYPOINTS_UNMATCHED, VALIDATION_EMPTY, and what opening the model throws.
 * A picture that cannot be read is skipped and listed.
 */
export async function validateModel(options: ValidateModelOptions): Promise<Validation> {
  const { annotations, images, limit, model, onProgress } = options;
  const { keypointNames, pictures: all, skipped } = await readCocoAnnotations(annotations);
  inspectPath(images);
  const order = new KeypointOrder(keypointNames, {
    model: model.name,
    keypoints: model.skeleton.keypoints,
  });
  const pictures = all.slice(0, limit);
  const underTest = await ModelUnderTest.open(options, options.onOpening);
  const evaluated: EvaluatedPicture[] = [];
  try {
    for (const [index, picture] of pictures.entries()) {
      try {
        evaluated.push(await evaluate(picture, { underTest, order, images, timeMs: index }));
      } catch (error) {
        if (!(error instanceof AgentError && error.code.startsWith('CAMERA_'))) throw error;
        skipped.push({ picture: picture.file, reason: error.message });
      }
      onProgress?.(index + 1, pictures.length);
    }
  } finally {
    await underTest.close();
  }
  const people = evaluated.flatMap(({ truth }) => truth).filter(({ ignored }) => !ignored).length;
  if (people === 0) throw nobody(annotations, evaluated.length, skipped);
  const figures = evaluateKeypoints(evaluated, order.sigmas);
  return { model: underTest.run, pictures: evaluated.length, people, figures, skipped };
}

interface Evaluation {
  readonly underTest: ModelUnderTest;
  readonly order: KeypointOrder;
  readonly images: string;
  readonly timeMs: number;
}

async function evaluate(
  { id, file, width, height, people }: AnnotatedPicture,
  { underTest, order, images, timeMs }: Evaluation,
): Promise<EvaluatedPicture> {
  const path = join(images, file);
  const frame = await readPicture(path);
  if ((width ?? frame.width) !== frame.width || (height ?? frame.height) !== frame.height) {
    frame.release();
    throw new AgentError(
      'CAMERA_READ_FAILED',
      `${path} is ${frame.width}x${frame.height}, but was annotated as ${width ?? '?'}x${height ?? '?'}`,
    );
  }
  const pixels = frame.pixels();
  frame.release();
  underTest.forget();
  const found = await underTest.people({ pixels, width: frame.width, height: frame.height, timeMs });
  freePixels(pixels);
  return {
    id,
    truth: people,
    found: found.map((person) => ({ keypoints: order.flat(person), score: person.rawScore })),
  };
}

function nobody(annotations: string, pictures: number, skipped: readonly SkippedPicture[]): AgentError {
  const reasons = skipped.slice(0, 5).map(({ reason }) => `\n  ${reason}`);
  const more = skipped.length > 5 ? `\n  and ${skipped.length - 5} more` : '';
  return new AgentError(
    'VALIDATION_EMPTY',
    `${annotations}: no person with labelled keypoints in the ${pictures} pictures that can be read${reasons.join('')}${more}`,
  );
}
