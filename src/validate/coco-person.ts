import { z } from 'zod';
import type { TruePerson } from './match-picture.js';

const side = z.number().min(0);

const ofPicture = z.object({ image_id: z.int(), category_id: z.int() });

const annotation = z.object({
  /** People without it are not labelled. */
  keypoints: z.array(z.number()).optional(),
  num_keypoints: z.int().min(0).optional(),
  bbox: z.tuple([z.number(), z.number(), side, side]),
  /** The box's where left out. */
  area: z.number().min(0).optional(),
  iscrowd: z.union([z.literal([0, 1]), z.boolean()]).optional(),
});

/** What an entry of COCO's `annotations` says: a person, or what is wrong with it. */
export interface ReadAnnotation {
  /** Id of its picture, where that can be read. */
  picture: number | undefined;
  person?: TruePerson;
  fault?: string;
}

/** Undefined where the entry is of another category. */
export function readAnnotation(
  entry: unknown,
  category: { id: number; keypoints: readonly string[] },
): ReadAnnotation | undefined {
  const place = ofPicture.safeParse(entry);
  if (!place.success) return { picture: undefined, fault: faultOf(place.error) };
  const { image_id: picture, category_id } = place.data;
  if (category_id !== category.id) return undefined;
  const read = annotation.safeParse(entry);
  if (!read.success) return { picture, fault: faultOf(read.error) };
  const length = 3 * category.keypoints.length;
  const { keypoints = Array<number>(length).fill(0), bbox, area = bbox[2] * bbox[3], iscrowd } = read.data;
  if (keypoints.length !== length) {
    return { picture, fault: `keypoints: expected ${length} numbers, found ${keypoints.length}` };
  }
  const labelled = keypoints.filter((visibility, index) => index % 3 === 2 && visibility > 0).length;
  const crowd = iscrowd === 1 || iscrowd === true;
  const ignored = crowd || (read.data.num_keypoints ?? labelled) === 0;
  return { picture, person: { keypoints, box: bbox, area, crowd, ignored } };
}

function faultOf(error: z.ZodError): string {
  const { path, message } = error.issues[0] as z.core.$ZodIssue;
  return `${path.join('.') || 'it'}: ${message}`;
}
