import type { ModelOpening } from '../agent/model-opening.js';
import { createFrameSource } from '../camera/create-frame-source.js';
import type { Frame, FrameSource } from '../camera/frame-source.js';
import { inspectPath, isRecorded, parseSource } from '../camera/parse-source.js';
import { freePixels } from '../engine/free-pixels.js';
import { AgentError } from '../errors.js';
import type { ResolvedModel } from '../models/resolve.js';
import { cocoSigmas } from '../pose/coco-sigmas.js';
import type { Skeleton } from '../pose/skeletons.js';
import { type AgreementFigures, AgreementTally } from './agreement-tally.js';
import { KeypointOrder } from './keypoint-order.js';
import { type ModelChoice, type ModelRun, ModelUnderTest } from './model-under-test.js';
import type { SkippedPicture } from './skipped-picture.js';

export interface CompareModelsOptions {
  /** The one that is judged. */
  readonly candidate: ModelChoice;
  /** What it sees is taken for the truth. */
  readonly reference: ModelChoice;
  /** A folder of pictures, each of which stands for itself, a clip, or `sample:`. No labels are needed. */
  readonly source: string;
  /** Stops after so many pictures or frames. */
  readonly limit?: number | undefined;
  /** After each picture; the total is null where the clip does not say it. */
  readonly onProgress?: (done: number, total: number | null) => void;
  /** Where the engine first builds a plan of a model. */
  readonly onOpening?: (opening: ModelOpening) => void;
}

export interface Agreement extends AgreementFigures {
  /** In [0, 1]. */
  agreement: number;
  candidate: ModelRun;
  reference: ModelRun;
  /** Pictures of a folder that cannot be read; the figures are without them. */
  skipped: SkippedPicture[];
}

/**
 * Runs two models, or one under two configurations, over the same unlabelled pictures and says how far the first sees
 * what the second sees. Compared are those of COCO's 17 keypoints that both give.
 *
 * Throws AgentError CAMERA_*, KEYPOINTS_UNMATCHED where they have no keypoint in common, VALIDATION_EMPTY where the
 * reference sees nobody, and what opening the models throws.
 */
export async function compareModels(options: CompareModelsOptions): Promise<Agreement> {
  const { candidate, reference, source: text } = options;
  const spec = parseSource(text);
  if (!isRecorded(spec)) {
    throw new AgentError('CAMERA_SOURCE_INVALID', 'A comparison needs a clip or a folder of pictures');
  }
  const tally = new AgreementTally(...commonKeypoints(candidate.model, reference.model));
  const source = createFrameSource(spec, { pace: 'max', loop: false });
  const opened: ModelUnderTest[] = [];
  const skipped: SkippedPicture[] = [];
  try {
    await source.open();
    for (const choice of [candidate, reference]) {
      opened.push(await ModelUnderTest.open(choice, options.onOpening));
    }
    const models = opened as [ModelUnderTest, ModelUnderTest];
    const eachForItself = 'path' in spec && inspectPath(spec.path) === 'pictures';
    await run(source, { ...options, models, tally, skipped, eachForItself });
  } finally {
    await Promise.all(opened.map((model) => model.close()));
    await source.close();
  }
  const figures = tally.figures();
  const { agreement } = figures;
  if (agreement === null) throw nobody(source.description, reference.model, figures.pictures);
  const [ofCandidate, ofReference] = opened.map((model) => model.run) as [ModelRun, ModelRun];
  return { ...figures, agreement, candidate: ofCandidate, reference: ofReference, skipped };
}

interface Run extends Pick<CompareModelsOptions, 'limit' | 'onProgress'> {
  readonly models: readonly [ModelUnderTest, ModelUnderTest];
  readonly tally: AgreementTally;
  readonly skipped: SkippedPicture[];
  /** False for a clip: there people are followed from frame to frame. */
  readonly eachForItself: boolean;
}

async function run(source: FrameSource, { limit, onProgress, eachForItself, ...to }: Run): Promise<void> {
  const known = source.format?.frames ?? null;
  const total = limit === undefined ? known : Math.min(limit, known ?? limit);
  for (let done = 0; limit === undefined || done < limit; ) {
    let frame: Frame | null;
    try {
      frame = await source.read();
    } catch (error) {
      // A folder goes on with its next picture; a clip that is broken stays broken.
      if (!(eachForItself && error instanceof AgentError && error.code === 'CAMERA_READ_FAILED')) throw error;
      to.skipped.push({ picture: null, reason: error.message });
      done++;
      continue;
    }
    if (frame === null) return;
    if (eachForItself) for (const model of to.models) model.forget();
    const [candidate, reference] = to.models;
    const picture = pictureOf(frame, source.format?.fps ?? 0);
    to.tally.add(await candidate.people(picture), await reference.people(picture));
    freePixels(picture.pixels);
    onProgress?.(++done, total);
  }
}

/** Frames come at the clip's own times, however fast they are read: smoothing must not depend on the machine. */
function pictureOf(frame: Frame, fps: number): Parameters<ModelUnderTest['people']>[0] {
  const { width, height, seq } = frame;
  const pixels = frame.pixels();
  frame.release();
  return { pixels, width, height, timeMs: (seq * 1000) / (fps || 30) };
}

function commonKeypoints(candidate: ResolvedModel, reference: ResolvedModel): [KeypointOrder, KeypointOrder] {
  const keypointsOf = ({ skeleton }: ResolvedModel): Skeleton['keypoints'] => skeleton.keypoints;
  const names = Object.keys(cocoSigmas).filter((name) =>
    [candidate, reference].every((model) => keypointsOf(model).includes(name)),
  );
  if (names.length === 0) {
    const message = `${candidate.name} and ${reference.name} have none of COCO's keypoints in common`;
    throw new AgentError('KEYPOINTS_UNMATCHED', message);
  }
  const order = (model: ResolvedModel): KeypointOrder =>
    new KeypointOrder(names, { model: model.name, keypoints: keypointsOf(model) });
  return [order(candidate), order(reference)];
}

function nobody(source: string, { name }: ResolvedModel, pictures: number): AgentError {
  return new AgentError(
    'VALIDATION_EMPTY',
    `${source}: ${name} sees nobody in ${pictures} pictures, so there is nothing to compare with`,
  );
}
