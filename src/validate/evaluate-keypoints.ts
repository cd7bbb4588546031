import { type AreaRange, type EvaluatedPicture, matchPicture, type Verdict } from './match-picture.js';
import { precisionRecall } from './precision-recall.js';

/**
 * COCO's figures for keypoints, each in [0, 1]; null where no annotated person is in the range. AP and AR are means
 * over OKS thresholds from 0.5 to 0.95 in steps of 0.05; `50` and `75` are at that threshold alone.
 */
export interface KeypointFigures {
  ap: number | null;
  ap50: number | null;
  ap75: number | null;
  ap_medium: number | null;
  ap_large: number | null;
  ar: number | null;
  ar50: number | null;
  ar75: number | null;
  ar_medium: number | null;
  ar_large: number | null;
}

/** Spaced as numpy's linspace does it: an OKS that is 0.6 to the last bit is on the same side in both. */
const thresholds = Array.from({ length: 10 }, (_, index) =>
  index === 9 ? 0.95 : 0.5 + index * ((0.95 - 0.5) / 9),
);
const at50 = 0;
const at75 = 5;

/** By COCO's names; people of less than 32 x 32 pixels are in `all` alone. */
const ranges = {
  all: [0, 1e10],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
} as const satisfies Record<string, AreaRange>;

/**
 * Average precision and recall of keypoints over pictures, by OKS: pycocotools' COCOeval for 'keypoints', with null
 * for its -1. Its order of pictures is kept, too (by id): it decides between equal scores.
 *
 * `sigmas` has one value a keypoint, in the order of the pictures' keypoints.
 */
export function evaluateKeypoints(
  pictures: readonly EvaluatedPicture[],
  sigmas: readonly number[],
): KeypointFigures {
  const matches = pictures
    .toSorted((a, b) => a.id - b.id)
    .map((picture) => matchPicture(picture, { sigmas, thresholds, ranges: Object.values(ranges) }));
  const curves = Object.keys(ranges).map((_, range) => {
    const ofRange = matches.map((perRange) => perRange[range] as (typeof perRange)[number]);
    const wanted = ofRange.reduce((sum, picture) => sum + picture.wanted, 0);
    if (wanted === 0) return [];
    const order = ofRange
      .flatMap(({ scores }, picture) => scores.map((score, person) => ({ score, picture, person })))
      .sort((a, b) => b.score - a.score);
    return thresholds.map((_, threshold) => {
      const ranking = order.map(
        ({ picture, person }) => ofRange[picture]?.verdicts[threshold]?.[person] as Verdict,
      );
      return precisionRecall(ranking, wanted);
    });
  });
  const [all = [], medium = [], large = []] = curves;
  return {
    ap: mean(all.map(({ precision }) => precision)),
    ap50: all[at50]?.precision ?? null,
    ap75: all[at75]?.precision ?? null,
    ap_medium: mean(medium.map(({ precision }) => precision)),
    ap_large: mean(large.map(({ precision }) => precision)),
    ar: mean(all.map(({ recall }) => recall)),
    ar50: all[at50]?.recall ?? null,
    ar75: all[at75]?.recall ?? null,
    ar_medium: mean(medium.map(({ recall }) => recall)),
    ar_large: mean(large.map(({ recall }) => recall)),
  };
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
