import type { Camera } from './camera.js';
import { pointIn } from './frame-of-reference.js';
import { FACE } from './head.js';
import { type Layer, NO_SHAPE, SAMPLES } from './layer.js';
import type { Posture } from './person.js';
import type { Side } from './skeleton.js';
import { mix, type Vec3 } from './vector.js';

/** 0: outside of the picture, 1: hidden behind the own body or somebody else, 2: visible. */
export type Visibility = 0 | 1 | 2;

/** x and y in pixels, from the outer corner of the top-left pixel (its centre is 0.5, 0.5). */
export type TruthKeypoint = readonly [x: number, y: number, visibility: Visibility];

export interface TruthPerson {
  readonly id: number;
  /** Partly hidden by somebody else, or cut by the picture's border. */
  readonly occluded: boolean;
  /** In the order of KEYPOINT_NAMES. */
  readonly keypoints: readonly TruthKeypoint[];
}

export interface TruthFrame {
  readonly people: readonly TruthPerson[];
}

export const KEYPOINT_NAMES = [
  ...[
    'nose',
    'neck',
    'right_shoulder',
    'right_elbow',
    'right_wrist',
    'left_shoulder',
    'left_elbow',
    'left_wrist',
  ],
  ...['right_hip', 'right_knee', 'right_ankle', 'left_hip', 'left_knee', 'left_ankle'],
  ...['right_eye', 'left_eye', 'right_ear', 'left_ear'],
] as const;

/** A joint in the world, and how deep below the skin it can lie at most, metres. */
interface Joint {
  readonly at: Vec3;
  readonly depth: number;
  /** True where hair hides it, however thin. */
  readonly underHair?: true;
}

/** The 18 joints in the order of KEYPOINT_NAMES. */
export function jointsOf({ skeleton, size }: Posture): Joint[] {
  const { head, left, right } = skeleton;
  const face = ([l, u, f]: readonly [number, number, number], sign: number): Vec3 =>
    pointIn(head, l * size * sign, u * size, f * size);
  const arm = (side: Side): Joint[] => [
    { at: side.shoulder, depth: 0.1 },
    { at: side.elbow, depth: 0.075 },
    { at: side.wrist, depth: 0.06 },
  ];
  const leg = (side: Side): Joint[] => [
    { at: side.hip, depth: 0.15 },
    { at: side.knee, depth: 0.095 },
    { at: side.ankle, depth: 0.085 },
  ];
  const eye = (sign: number): Joint => ({ at: face(FACE.eye, sign), depth: 0.02 });
  const ear = (sign: number): Joint => ({ at: face(FACE.ear, sign), depth: 0.035, underHair: true });
  return [
    { at: face(FACE.nose, 1), depth: 0.025 },
    { at: mix(left.shoulder, right.shoulder, 0.5), depth: 0.13 },
    ...arm(right),
    ...arm(left),
    ...leg(right),
    ...leg(left),
    eye(-1),
    eye(1),
    ear(-1),
    ear(1),
  ];
}

/** One person of the frame being described. */
export interface Seen {
  readonly posture: Posture;
  readonly layer: Layer;
  /** Part of the person's samples inside the picture that somebody nearer covers. */
  readonly covered: number;
}

/** Less than this part covered counts as nothing: a fingertip behind a sleeve hides nobody. */
const COVERED_LIMIT = 0.004;

/** The truth about everybody who is inside of the picture, at least in part. */
export function truthOf(camera: Camera, everybody: readonly Seen[]): TruthFrame {
  const people: TruthPerson[] = [];
  for (const seen of everybody) {
    if (!isInside(seen.layer)) continue;
    people.push({
      id: seen.posture.person.id,
      occluded: seen.layer.cut || seen.covered > COVERED_LIMIT,
      keypoints: jointsOf(seen.posture).map((joint) => keypointOf(joint, seen, { camera, everybody })),
    });
  }
  return { people };
}

function isInside({ used }: Layer): boolean {
  return used.left < used.right && used.top < used.bottom;
}

interface View {
  readonly camera: Camera;
  readonly everybody: readonly Seen[];
}

function keypointOf(joint: Joint, own: Seen, { camera, everybody }: View): TruthKeypoint {
  const { x, y, depth } = camera.project(joint.at);
  const rounded = [Math.round(x * 10) / 10, Math.round(y * 10) / 10] as const;
  if (x < 0 || y < 0 || x >= camera.width || y >= camera.height) return [...rounded, 0];
  const at = Math.floor(y * SAMPLES) * camera.width * SAMPLES + Math.floor(x * SAMPLES);
  const surface = own.layer.depth[at] as number;
  const nearer = everybody.some((other) => other !== own && (other.layer.depth[at] as number) < surface);
  const shape = own.layer.shape[at] as number;
  const reached = shape !== NO_SHAPE && depth - surface < joint.depth * own.posture.size;
  const hair = own.posture.figure.shapes[shape]?.material === own.posture.person.look.hair;
  return [...rounded, reached && !nearer && !(joint.underHair && hair) ? 2 : 1];
}
