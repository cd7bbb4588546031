import type { Instance, Keypoint } from './instance.js';

/** Milliseconds a frame spent in the native stages. */
export interface NativeTimings {
  wait: number;
  preprocess: number;
  infer: number;
  decode: number;
  /** The person detector's part; NaN where it did not run. */
  detect: number;
  /** Crop, inference and decode of one person; NaN where nobody was looked at, or people cannot be told apart. */
  person: number;
}

/** An instance with the reference implementation's own score beside ours. */
export interface RawInstance extends Instance {
  rawScore: number;
}

const headerLength = 8;
const instanceHeaderLength = 3;

/** Timings of a packed result (native/addon/pack.h). */
export function unpackTimings(packed: Float32Array): NativeTimings {
  const [wait = 0, preprocess = 0, infer = 0, decode = 0, detect = Number.NaN, person = Number.NaN] = packed;
  return { wait, preprocess, infer, decode, detect, person };
}

/** Whether a result has the people that it says, each with so many keypoints, and numbers for them. */
export function isWholeResult(packed: Float32Array, keypoints: number): boolean {
  const people = packed[6] as number;
  if (!(people >= 0) || (people > 0 && packed[7] !== keypoints)) return false;
  const length = instanceHeaderLength + 3 * keypoints;
  if (packed.length !== headerLength + people * length) return false;
  for (let offset = headerLength; offset < packed.length; offset += length) {
    // -1 is nobody's. What is no number would be no JSON.
    if (!Number.isSafeInteger(packed[offset + 2])) return false;
  }
  return true;
}

/** Takes a packed result's places from a picture to one that is `scale` times as large, in place. */
export function scaleInstances(packed: Float32Array, scale: number): void {
  const people = packed[6] as number;
  const keypoints = packed[7] as number;
  for (let person = 0, at = headerLength; person < people; person++) {
    at += instanceHeaderLength;
    for (const end = at + 3 * keypoints; at < end; at += 3) {
      packed[at] = (packed[at] as number) * scale;
      packed[at + 1] = (packed[at + 1] as number) * scale;
    }
  }
}

/** Instances of a packed result, in the coordinates of whoever packed them. */
export function unpackInstances(packed: Float32Array): RawInstance[] {
  const at = (index: number): number => packed[index] as number;
  const people = at(6);
  const keypointCount = at(7);
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
