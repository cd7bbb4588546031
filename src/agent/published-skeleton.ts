import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import type { ResolvedModel } from '../models/resolve.js';
import { keepSkeleton, mapSkeleton, type SkeletonMapping } from '../pose/map-skeleton.js';
import { skeletons } from '../pose/skeletons.js';

/** How a model's keypoints become those that a configuration wants published. Throws AgentError SKELETON_MISMATCH. */
export function publishedSkeleton(
  { output: { skeleton: wanted } }: Pick<Config, 'output'>,
  { id, skeleton }: Pick<ResolvedModel, 'id' | 'skeleton'>,
): SkeletonMapping {
  const mapping = wanted === 'native' ? keepSkeleton(skeleton) : mapSkeleton(skeleton, skeletons[wanted]);
  if (mapping !== undefined) return mapping;
  throw new AgentError(
    'SKELETON_MISMATCH',
    `output.skeleton is ${wanted}, of which the model ${id} has no keypoint: its skeleton is ${skeleton.name}`,
  );
}
