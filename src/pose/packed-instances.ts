import type { Instance, Keypoint } from './instance.js';

/** Milliseconds a frame spent in the native stages. */
export interface NativeTimings {
  wait: number;
  preprocess: number;
  infer: number;
  decode: number;
}

/** An instance with the reference implementation's own score beside ours. */
export interface RawInstance extends Instance {
  rawScore: number;
}

const headerLength = 6;
const instanceHeaderLength = 3;

/** Timings of a packed result (native/addon/pack.h). */
export function unpackTimings(packed: Float32Array): NativeTimings {
  const [wait = 0, preprocess = 0, infer = 0, decode = 0] = packed;
  return { wait, preprocess, infer, decode };
}

/** Instances of a packed result, in the coordinates of whoever packed them. */
export function unpackInstances(packed: Float32Array): RawInstance[] {
  const at = (index: number): number => packed[index] as number;
  const people = at(4);
  const keypointCount = at(5);
  const instances: RawInstance[] = [];
  let offset = headerLength;
  for (let person = 0; person < people; person++) {
    const trackId = at(offset + 2);
    const keypoints: (Keypoint | null)[] = [];
    for (let k = 0; k < keypointCount; k++) {
      const first = offset + instanceHeaderLength + 3 * k;
      const x = at(first);
      keypoints.push(Number.isNaN(x) ? null : { x, y: at(first + 1), score: at(first + 2) });
    }
    instances.push({
      id: trackId < 0 ? null : trackId,
      score: at(offset),
      rawScore: at(offset + 1),
      keypoints,
    });
    offset += instanceHeaderLength + 3 * keypointCount;
  }
  return instances;
}
