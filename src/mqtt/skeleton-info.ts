import type { Skeleton } from '../pose/skeletons.js';
import type { InfoPayload } from './payloads.js';

/** A skeleton as the `info` message tells it. */
export function skeletonInfo({ name, keypoints, limbs }: Skeleton): NonNullable<InfoPayload['skeleton']> {
  return { name, keypoints: [...keypoints], limbs: limbs.map(([from, to]) => [from, to]) };
}
