import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { KEYPOINT_NAMES } from '../../scripts/sample/ground-truth.js';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { matOf } from '../../src/camera/mat-frame.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { writePicture } from '../../src/camera/write-picture.js';
import { cocoSigmas } from '../../src/pose/coco-sigmas.js';
import type { CaseAnnotation, CocoCase } from './coco-case.js';

interface TruePerson {
  /** x, y in pixels, v: 2 visible, 1 hidden, 0 outside. */
  keypoints: [number, number, 0 | 1 | 2][];
}

const truth = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../media/sample.json'), 'utf8')) as {
  width: number;
  height: number;
  frames: { people: TruePerson[] }[];
};

const names = Object.keys(cocoSigmas);
const positions = names.map((name) => (KEYPOINT_NAMES as readonly string[]).indexOf(name));

/** What a test may do to its own annotations. */
export type SampleAnnotations = CocoCase['annotations'];

/** Every `step`th frame of the sample clip as a picture in `folder`, with its exact ground truth as COCO writes it. */
export async function writeSamplePictures(folder: string, step: number): Promise<SampleAnnotations> {
  const images: SampleAnnotations['images'] = [];
  const annotations: CaseAnnotation[] = [];
  const source = createFrameSource(parseSource('sample:'), { pace: 'max' });
  await source.open();
  for (const [index, { people }] of truth.frames.entries()) {
    const frame = await source.read();
    if (frame === null) throw new Error(`the sample clip ends at frame ${index}`);
    if (index % step === 0) {
      const { width, height } = truth;
      images.push({ id: index + 1, width, height, file_name: `frame-${index}.jpg` });
      await writePicture(join(folder, `frame-${index}.jpg`), matOf(frame));
      for (const person of people) annotations.push(annotationOf(person, index + 1, annotations.length + 1));
    }
    frame.release();
  }
  await source.close();
  return { images, annotations, categories: [{ id: 1, name: 'person', keypoints: names }] };
}

/** The area is that of the box around the keypoints: the clip has no outlines of people. */
function annotationOf({ keypoints: all }: TruePerson, image: number, id: number): CaseAnnotation {
  const keypoints = positions.map((position) => all[position] as TruePerson['keypoints'][number]);
  const inside = keypoints.filter(([, , v]) => v > 0);
  const xs = inside.map(([x]) => x);
  const ys = inside.map(([, y]) => y);
  const [left, top] = inside.length === 0 ? [0, 0] : [Math.min(...xs), Math.min(...ys)];
  const [width, height] = inside.length === 0 ? [0, 0] : [Math.max(...xs) - left, Math.max(...ys) - top];
  return {
    id,
    image_id: image,
    category_id: 1,
    keypoints: keypoints.flatMap(([x, y, v]) => (v === 0 ? [0, 0, 0] : [x, y, v])),
    num_keypoints: inside.length,
    area: width * height,
    bbox: [left, top, width, height],
    iscrowd: 0,
  };
}

export function writeAnnotations(path: string, annotations: unknown): string {
  writeFileSync(path, JSON.stringify(annotations));
  return path;
}
