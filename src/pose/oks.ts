/**
 * Keypoints as COCO's files have them, x, y and v of each in turn, in pixels of the picture. A keypoint that is not
 * there is 0, 0, 0. Of an annotation v is 0: not labelled, 1: hidden, 2: visible; of a result it does not matter.
 */
export type FlatKeypoints = readonly number[];

/** Left, top, width and height in pixels of the picture. */
export type Box = readonly [x: number, y: number, width: number, height: number];

/** A person that others are compared with. */
export interface OksReference {
  readonly keypoints: FlatKeypoints;
  readonly box: Box;
  /** Of the person in the picture, px². */
  readonly area: number;
}

/**
 * Object keypoint similarity in [0, 1]: the mean over the labelled keypoints of exp(-d² / (2 area (2 sigma)²)), d being
 * the distance in pixels. Where none is labelled, d is how far a keypoint lies outside of the box grown by its own size
 * to every side. As COCO's evaluation does it: https://cocodataset.org/#keypoints-eval
 *
 * `found` and `reference` have 3 numbers for each of `sigmas`.
 */
export function oks(reference: OksReference, found: FlatKeypoints, sigmas: readonly number[]): number {
  const { keypoints, area } = reference;
  const at = (of: FlatKeypoints, index: number): number => of[index] as number;
  const isLabelled = (k: number): boolean => at(keypoints, 3 * k + 2) > 0;
  const anyLabelled = sigmas.some((_, k) => isLabelled(k));
  let sum = 0;
  let count = 0;
  for (const [k, sigma] of sigmas.entries()) {
    if (anyLabelled && !isLabelled(k)) continue;
    const x = at(found, 3 * k);
    const y = at(found, 3 * k + 1);
    const squared = anyLabelled
      ? (x - at(keypoints, 3 * k)) ** 2 + (y - at(keypoints, 3 * k + 1)) ** 2
      : squaredDistanceToGrownBox(reference.box, x, y);
    // An area of 0 gives no division by 0.
    sum += Math.exp(-squared / (2 * sigma) ** 2 / (area + Number.EPSILON) / 2);
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

function squaredDistanceToGrownBox([left, top, width, height]: Box, x: number, y: number): number {
  const dx = Math.max(0, left - width - x, x - (left + 2 * width));
  const dy = Math.max(0, top - height - y, y - (top + 2 * height));
  return dx ** 2 + dy ** 2;
}
