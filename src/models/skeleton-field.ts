import { z } from 'zod';
import { type Skeleton, skeletonNames, skeletons } from '../pose/skeletons.js';

const maxKeypoints = 256;
const maxLimbs = 1024;

/** In messages and in limbs; the names that other skeletons use are understood when keypoints are mapped. */
const name = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);

const limbEnd = z.union([name, z.int().min(0)]);

/** Names and limbs that the agent does not know by itself. */
const userSkeleton = z
  .strictObject({
    name: name.refine(
      (text) => !(skeletonNames as readonly string[]).includes(text),
      `expected another name than ${skeletonNames.join(', ')}, which have keypoints of their own`,
    ),
    /** In the order in which the model gives them. */
    keypoints: z
      .array(name)
      .min(1)
      .max(maxKeypoints)
      .refine((names) => new Set(names).size === names.length, 'expected every keypoint once'),
    /** Pairs of names or positions in `keypoints`; only for drawing. */
    limbs: z.array(z.tuple([limbEnd, limbEnd])).max(maxLimbs),
  })
  .superRefine(({ keypoints, limbs }, context) => {
    for (const [index, ends] of limbs.entries()) {
      const [from, to] = ends.map((end) => positionOf(end, keypoints));
      if (from !== undefined && to !== undefined && from !== to) continue;
      const message = 'expected two different keypoints of the skeleton';
      context.addIssue({ code: 'custom', message, path: ['limbs', index] });
    }
  });

/** What a model's catalog entry or manifest says of its keypoints: one of our names, or a skeleton of its own. */
export const skeletonField = z.union([z.enum(skeletonNames), userSkeleton], {
  error: `expected ${skeletonNames.join(', ')} or a skeleton with name, keypoints and limbs`,
});

export type SkeletonField = z.output<typeof skeletonField>;

/** The skeleton that a model's facts mean, with limbs by position. */
export function toSkeleton(field: SkeletonField): Skeleton {
  if (typeof field === 'string') return skeletons[field];
  const { name, keypoints, limbs } = field;
  const position = (end: string | number): number => positionOf(end, keypoints) as number;
  return { name, keypoints, limbs: limbs.map(([from, to]) => [position(from), position(to)]) };
}

function positionOf(end: string | number, keypoints: readonly string[]): number | undefined {
  const position = typeof end === 'number' ? end : keypoints.indexOf(end);
  return position >= 0 && position < keypoints.length ? position : undefined;
}
