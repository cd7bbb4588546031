import { z } from 'zod';
import { AgentError } from '../errors.js';
import { readBounded, unreadableReason } from '../read-bounded.js';
import { readAnnotation } from './coco-person.js';
import type { TruePerson } from './match-picture.js';
import type { SkippedPicture } from './skipped-picture.js';

/** COCO's own of its 118,000 training pictures has 450 MB; what is longer than this is no text for JavaScript. */
const maxBytes = 500 * 1024 * 1024;

/** A picture whose people are all annotated. */
export interface AnnotatedPicture {
  id: number;
  /** Below the folder of pictures. */
  file: string;
  /** In pixels, where the file says so. */
  width?: number | undefined;
  height?: number | undefined;
  people: TruePerson[];
}

export interface CocoAnnotations {
  /** In the order of every person's keypoints. */
  keypointNames: readonly string[];
  /** In the order of their ids. */
  pictures: AnnotatedPicture[];
  /** What cannot be read. A picture with a person who cannot be read is left out: it would be judged wrongly. */
  skipped: SkippedPicture[];
}

const category = z.object({
  id: z.int(),
  name: z.string(),
  keypoints: z.array(z.string().min(1)).min(1).optional(),
});
type Category = z.output<typeof category>;

/** Pictures and annotations are read one by one: a bad one costs no other. */
const wholeFile = z.object({
  images: z.array(z.unknown()),
  annotations: z.array(z.unknown()),
  categories: z.array(category),
});

const image = z.object({
  id: z.int(),
  file_name: z.string().min(1),
  width: z.int().positive().optional(),
  height: z.int().positive().optional(),
});

/**
 * Reads person keypoints in COCO's format: `images`, `annotations` and `categories`, other members are passed over.
 * https://cocodataset.org/#format-data
 * Throws AgentError ANNOTATIONS_INVALID where the file as a whole is none; what is wrong in it is listed in `skipped`.
 */
export async function readCocoAnnotations(path: string): Promise<CocoAnnotations> {
  const parsed = wholeFile.safeParse(await readJson(path));
  if (!parsed.success) {
    throw new AgentError('ANNOTATIONS_INVALID', `${path} is no COCO file: ${faultsOf(parsed.error)}`);
  }
  const person = personCategory(parsed.data.categories, path);
  const pictures = new Map<number, AnnotatedPicture>();
  const skipped: SkippedPicture[] = [];
  for (const [index, entry] of parsed.data.images.entries()) {
    const read = image.safeParse(entry);
    if (!read.success) {
      skipped.push({ picture: null, reason: `images[${index}]: ${faultsOf(read.error)}` });
    } else if (pictures.has(read.data.id)) {
      const reason = `images[${index}]: its id ${read.data.id} is another picture's, too`;
      skipped.push({ picture: read.data.file_name, reason });
    } else {
      const { id, file_name: file, width, height } = read.data;
      pictures.set(id, { id, file, width, height, people: [] });
    }
  }
  const spoilt = addPeople(pictures, parsed.data.annotations, person);
  return {
    keypointNames: person.keypoints,
    pictures: [...pictures.values()].filter(({ id }) => !spoilt.ids.has(id)).sort((a, b) => a.id - b.id),
    skipped: [...skipped, ...spoilt.skipped],
  };
}

type PersonCategory = Category & { keypoints: string[] };

/** Puts people into their pictures; says which pictures cannot be judged, and why. */
function addPeople(
  pictures: ReadonlyMap<number, AnnotatedPicture>,
  annotations: readonly unknown[],
  person: PersonCategory,
): { ids: Set<number>; skipped: SkippedPicture[] } {
  const ids = new Set<number>();
  const skipped: SkippedPicture[] = [];
  for (const [index, entry] of annotations.entries()) {
    const read = readAnnotation(entry, person);
    if (read === undefined) continue; // of another category
    const picture = read.picture === undefined ? undefined : pictures.get(read.picture);
    if (picture !== undefined && read.person !== undefined) {
      picture.people.push(read.person);
      continue;
    }
    if (picture !== undefined) ids.add(picture.id);
    const reason = read.fault ?? `image_id: no picture has the id ${read.picture}`;
    skipped.push({ picture: picture?.file ?? null, reason: `annotations[${index}]: ${reason}` });
  }
  return { ids, skipped };
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = (await readBounded(path, maxBytes)).toString('utf8');
  } catch (cause) {
    throw new AgentError('ANNOTATIONS_INVALID', `${path} ${unreadableReason(cause)}`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AgentError('ANNOTATIONS_INVALID', `${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
}

/** The one called person, else the only one with keypoints. */
function personCategory(categories: readonly Category[], path: string): PersonCategory {
  const withKeypoints = categories.filter((one): one is PersonCategory => one.keypoints !== undefined);
  const named = withKeypoints.find(({ name }) => name.toLowerCase() === 'person');
  const only = withKeypoints.length === 1 ? withKeypoints[0] : undefined;
  const person = named ?? only;
  if (person !== undefined) return person;
  const names = categories.map(({ name, keypoints }) => `${name} (${keypoints?.length ?? 'no'} keypoints)`);
  throw new AgentError(
    'ANNOTATIONS_INVALID',
    `${path} has no category person with names of keypoints: found ${names.join(', ') || 'no category'}`,
  );
}

function faultsOf(error: z.ZodError): string {
  const faults = error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  const more = faults.length > 3 ? `; and ${faults.length - 3} more` : '';
  return faults.slice(0, 3).join('; ') + more;
}
