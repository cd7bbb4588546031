import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';

/** A frame of the sample clip. */
export interface SampleFrame {
  /** BGR. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Of each person the visible keypoints by their number in OpenPose's skeleton, px. */
  readonly people: readonly ReadonlyMap<number, readonly [number, number]>[];
}

const truth = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../media/sample.json'), 'utf8')) as {
  frames: { people: { keypoints: [number, number, number][] }[] }[];
};

export async function sampleFrame(index: number): Promise<SampleFrame> {
  const source = createFrameSource(parseSource('sample:'), { pace: 'max' });
  await source.open();
  try {
    for (let frame = await source.read(); frame; frame = await source.read()) {
      const { seq, width, height } = frame;
      const pixels = seq === index ? frame.pixels() : undefined;
      frame.release();
      if (pixels) return { pixels, width, height, people: visibleIn(index) };
    }
  } finally {
    await source.close();
  }
  throw new Error(`the sample clip has no frame ${index}`);
}

function visibleIn(index: number): SampleFrame['people'] {
  const people = truth.frames[index]?.people ?? [];
  return people
    .map(
      ({ keypoints }) =>
        new Map(
          keypoints.flatMap(([x, y, v], number) =>
            v === 2 ? [[number, [x, y]] as [number, [number, number]]] : [],
          ),
        ),
    )
    .filter((keypoints) => keypoints.size > 0);
}
