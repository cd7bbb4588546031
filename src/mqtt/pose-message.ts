import type { Instance, Keypoint } from '../pose/instance.js';
import { contractVersion } from './payloads.js';

/** What one pose message says; coordinates in frame pixels. */
export interface PoseMessage {
  readonly seq: number;
  readonly session: string;
  readonly camera: string;
  /** Capture time, ms since the Unix epoch. */
  readonly ts: number;
  /** From capture until now, ms. */
  readonly ageMs: number;
  /** Width and height in pixels. */
  readonly frame: readonly [number, number];
  readonly model: string;
  readonly skeleton: string;
  readonly people: readonly Instance[];
}

/** No picture is this large: a coordinate beyond it, in pixels, is a decoder's garbage. */
const coordinateLimit = 1e6;

/** The score's text by hundredths, made once. */
const scoreTexts = Array.from({ length: 101 }, (_, hundredths) => String(hundredths / 100));

/**
 * The JSON text of a pose message (`posePayload`). Written by hand, as it runs for every frame: coordinates
 * rounded to tenths of a pixel, scores clamped to [0, 1] and rounded to hundredths, no spaces, ASCII numbers.
 * A keypoint that is not finite or lies beyond a million pixels is written as null; a person with no keypoint
 * left is left out, having no box. The box is the smallest that holds the keypoints as written.
 * Throws TypeError where seq, ts, ageMs or frame is not finite.
 */
export function formatPoseMessage(message: PoseMessage): string {
  const { seq, ts, ageMs, frame } = message;
  if (!Number.isFinite(seq + ts + ageMs + frame[0] + frame[1])) {
    throw new TypeError(
      `pose message: expected finite numbers, found seq ${seq}, ts ${ts}, ageMs ${ageMs}, frame ${frame}`,
    );
  }
  let people = '';
  for (const person of message.people) {
    const text = formatPerson(person);
    if (text !== '') people += people === '' ? text : `,${text}`;
  }
  return (
    `{"v":${contractVersion},"seq":${seq},"session":${JSON.stringify(message.session)}` +
    `,"camera":${JSON.stringify(message.camera)},"ts":${Math.round(ts)}` +
    `,"age_ms":${tenthsText(Math.max(0, Math.round(ageMs * 10)))},"frame":[${frame[0]},${frame[1]}]` +
    `,"model":${JSON.stringify(message.model)},"skeleton":${JSON.stringify(message.skeleton)}` +
    `,"people":[${people}]}`
  );
}

function formatPerson(person: Instance): string {
  let left = Number.POSITIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  let keypoints = '';
  for (const keypoint of person.keypoints) {
    if (keypoints !== '') keypoints += ',';
    if (keypoint === null || !isPlausible(keypoint)) {
      keypoints += 'null';
      continue;
    }
    const x = Math.round(keypoint.x * 10);
    const y = Math.round(keypoint.y * 10);
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
    keypoints += `[${tenthsText(x)},${tenthsText(y)},${scoreText(keypoint.score)}]`;
  }
  if (left > right) return '';
  const box = `${tenthsText(left)},${tenthsText(top)},${tenthsText(right - left)},${tenthsText(bottom - top)}`;
  return `{"id":${person.id},"score":${scoreText(person.score)},"box":[${box}],"keypoints":[${keypoints}]}`;
}

/** Comparisons with NaN are false, so NaN is implausible too. */
function isPlausible({ x, y, score }: Keypoint): boolean {
  return Math.abs(x) < coordinateLimit && Math.abs(y) < coordinateLimit && score >= Number.NEGATIVE_INFINITY;
}

/** Two integers are far quicker to write than one double. */
function tenthsText(tenths: number): string {
  const magnitude = Math.abs(tenths);
  const whole = Math.floor(magnitude / 10);
  const digit = magnitude - whole * 10;
  const sign = tenths < 0 ? '-' : '';
  return digit === 0 ? `${sign}${whole}` : `${sign}${whole}.${digit}`;
}

function scoreText(score: number): string {
  const hundredths = score >= 1 ? 100 : score > 0 ? Math.round(score * 100) : 0;
  return scoreTexts[hundredths] as string;
}
