import type { Instance, Keypoint } from './instance.js';
import type { Skeleton } from './skeletons.js';

/** Where a keypoint is taken from: one position, the middle of two, or nowhere. */
type Origin = number | readonly [number, number] | null;

/** How keypoints of one skeleton become those of another. Plain data, made once a deployment. */
export interface SkeletonMapping {
  /** What comes out. */
  readonly to: Skeleton;
  /** One for each keypoint of `to`; null where all of them stay as they are. */
  readonly origins: readonly Origin[] | null;
}

/** The mapping that leaves keypoints as they are. */
export function keepSkeleton(skeleton: Skeleton): SkeletonMapping {
  return { to: skeleton, origins: null };
}

/**
 * Keypoints are the same where their names are. A neck that `from` lacks is the middle of the shoulders, which is how
 * OpenPose's COCO model was taught it. Undefined where the two share no keypoint at all.
 */
export function mapSkeleton(from: Skeleton, to: Skeleton): SkeletonMapping | undefined {
  const origins = to.keypoints.map((name) => originOf(name, from.keypoints));
  if (origins.every((origin) => origin === null)) return undefined;
  const same = from.keypoints.length === origins.length && origins.every((origin, index) => origin === index);
  return same ? keepSkeleton(to) : { to, origins };
}

function originOf(name: string, names: readonly string[]): Origin {
  const position = names.indexOf(name);
  if (position >= 0) return position;
  const [left, right] = [names.indexOf('left_shoulder'), names.indexOf('right_shoulder')];
  return name === 'neck' && left >= 0 && right >= 0 ? [left, right] : null;
}

/**
 * People with the keypoints of the mapping's skeleton, in the coordinates that they came in. `id` and `score` stay the
 * model's own. Whoever has no keypoint there is left out.
 */
export function mapInstances(people: readonly Instance[], { origins }: SkeletonMapping): readonly Instance[] {
  if (origins === null) return people;
  const mapped: Instance[] = [];
  for (const { id, score, keypoints } of people) {
    const taken = origins.map((origin) => keypointAt(origin, keypoints));
    if (taken.some((keypoint) => keypoint !== null)) mapped.push({ id, score, keypoints: taken });
  }
  return mapped;
}

function keypointAt(origin: Origin, keypoints: readonly (Keypoint | null)[]): Keypoint | null {
  if (origin === null) return null;
  if (typeof origin === 'number') return keypoints[origin] ?? null;
  const [a, b] = [keypoints[origin[0]], keypoints[origin[1]]];
  if (!a || !b) return null;
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, score: Math.min(a.score, b.score) };
}
