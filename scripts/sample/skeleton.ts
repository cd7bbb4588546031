import { armAt, type GestureSpan } from './arms.js';
import {
  directionIn,
  type FrameOfReference,
  movedTo,
  pitched,
  pointIn,
  rolled,
  upright,
  yawed,
} from './frame-of-reference.js';
import { type Foot, footAt, type Walk } from './gait.js';
import { headingAt, positionAt, speedAt } from './path.js';
import { add, clamp, dot, length, normalize, scale, smoothstep, subtract, type Vec3, vec } from './vector.js';

/** What one person does during the clip. */
export interface Action extends Walk {
  readonly gestures: readonly GestureSpan[];
  /** Where the head turns, degrees to the body's left; the last one that has begun counts. */
  readonly glances: readonly { readonly at: number; readonly to: number }[];
}

export interface Side {
  readonly shoulder: Vec3;
  readonly elbow: Vec3;
  readonly wrist: Vec3;
  readonly hip: Vec3;
  readonly knee: Vec3;
  readonly ankle: Vec3;
  readonly foot: Foot;
}

/** Joint centres and frames of one person at one time, world metres. */
export interface Skeleton {
  readonly pelvis: FrameOfReference;
  /** Origin at the middle between the shoulders. */
  readonly chest: FrameOfReference;
  /** Origin in the middle of the skull. */
  readonly head: FrameOfReference;
  readonly left: Side;
  readonly right: Side;
}

/** Metres, of somebody 1.75 m tall. */
export const BONES = {
  hipWidth: 0.1,
  thigh: 0.425,
  shin: 0.415,
  spine: 0.495,
  shoulderWidth: 0.178,
  upperArm: 0.285,
  forearm: 0.25,
  /** From between the shoulders to the top of the neck, and from there to the middle of the skull. */
  neck: 0.115,
  skull: 0.115,
} as const;

const HIP_HEIGHT = 0.94;

/** The skeleton of somebody 1.75 m tall at time t. */
export function skeletonAt(action: Action, t: number): Skeleton {
  const root = upright(positionAt(action.path, t), headingAt(action.heading, action.turns, t));
  const feet = { left: footAt(action, 'left', t), right: footAt(action, 'right', t) };
  const ahead = (foot: Foot) => dot(subtract(foot.origin, root.origin), root.front);
  const effort = clamp(speedAt(action.path, t) / 1.2, 0, 1.2);
  const swing = clamp((ahead(feet.left) - ahead(feet.right)) / 0.65, -1.1, 1.1);
  const beat = 2 * Math.PI * (t / action.stride + action.phase);
  // Weight goes to the side of the standing foot; standing people sway a little.
  const sway = 0.018 * effort * Math.sin(beat - 0.3) + 0.008 * (1 - Math.min(1, effort)) * Math.sin(t * 1.3);
  const level = pelvisHeight(root, feet, sway);
  const pelvisYaw = yawed(movedTo(root, pointIn(root, sway, level, 0)), -0.1 * swing);
  const pelvis = rolled(pelvisYaw, -0.035 * effort * Math.sin(beat));
  const spineBase = pitched(movedTo(root, pelvis.origin), 0.035 + 0.035 * effort);
  const breath = 0.003 * Math.sin(t * 1.7 + action.phase * 9);
  const torso = rolled(yawed(spineBase, 0.13 * swing), 0.02 * effort * Math.sin(beat));
  const chest = movedTo(torso, pointIn(torso, 0, BONES.spine + breath, 0));
  return {
    pelvis,
    chest,
    head: headOf({ action, root, chest, t }),
    left: sideOf({ action, t, pelvis, chest, foot: feet.left, side: 'left', swing: -swing }),
    right: sideOf({ action, t, pelvis, chest, foot: feet.right, side: 'right', swing }),
  };
}

/** Height of the hips: standing height, or less where a foot could not reach the floor. */
function pelvisHeight(root: FrameOfReference, feet: { left: Foot; right: Foot }, sway: number): number {
  const reach = (BONES.thigh + BONES.shin) * 0.999;
  const limit = (foot: Foot, side: number): number => {
    const hip = pointIn(root, sway + side * BONES.hipWidth, 0, 0);
    const away = Math.hypot(foot.origin.x - hip.x, foot.origin.z - hip.z);
    return foot.origin.y + Math.sqrt(Math.max(0.01, reach * reach - away * away));
  };
  // A soft minimum: a hard one would jerk where the foot that limits changes.
  const sharpness = 200;
  const limits = [HIP_HEIGHT, limit(feet.left, 1), limit(feet.right, -1)];
  const sum = limits.reduce((total, value) => total + Math.exp(-sharpness * (value - HIP_HEIGHT)), 0);
  return HIP_HEIGHT - Math.log(sum) / sharpness;
}

interface HeadOptions {
  readonly action: Action;
  readonly root: FrameOfReference;
  readonly chest: FrameOfReference;
  readonly t: number;
}

function headOf({ action, root, chest, t }: HeadOptions): FrameOfReference {
  const glance = { from: 0, to: 0, at: -1e9 };
  for (const next of action.glances) {
    if (next.at > t) break;
    glance.from = glance.from + (glance.to - glance.from) * smoothstep(glance.at, glance.at + 0.5, next.at);
    glance.to = next.to;
    glance.at = next.at;
  }
  const degrees = glance.from + (glance.to - glance.from) * smoothstep(glance.at, glance.at + 0.5, t);
  const neckTop = pointIn(chest, 0, BONES.neck, 0.012);
  const upwards = pitched(yawed(movedTo(root, neckTop), (degrees * Math.PI) / 180), 0.02);
  return movedTo(upwards, pointIn(upwards, 0, BONES.skull, 0.028));
}

interface SideOptions {
  readonly action: Action;
  readonly t: number;
  readonly pelvis: FrameOfReference;
  readonly chest: FrameOfReference;
  readonly foot: Foot;
  readonly side: 'left' | 'right';
  readonly swing: number;
}

function sideOf({ action, t, pelvis, chest, foot, side, swing }: SideOptions): Side {
  const sign = side === 'left' ? 1 : -1;
  const arm = armAt({ gestures: action.gestures, side, t, swing });
  const along = (v: Vec3) => directionIn(chest, v.x * sign, v.y, v.z);
  // A lifted arm lifts its shoulder.
  const lifted = clamp(arm.upper.y, -0.2, 1) + 0.2;
  const shoulder = pointIn(chest, sign * (BONES.shoulderWidth - 0.02 * lifted), 0.035 * lifted, 0);
  const elbow = add(shoulder, scale(along(arm.upper), BONES.upperArm));
  const hip = pointIn(pelvis, sign * BONES.hipWidth, 0, 0);
  return {
    shoulder,
    elbow,
    wrist: add(elbow, scale(along(arm.fore), BONES.forearm)),
    hip,
    knee: kneeBetween(hip, foot),
    ankle: foot.origin,
    foot,
  };
}

/** The knee of a leg of two fixed bones, bent the way the foot and the body look. */
function kneeBetween(hip: Vec3, foot: Foot): Vec3 {
  const leg = subtract(foot.origin, hip);
  const span = Math.min(length(leg), (BONES.thigh + BONES.shin) * 0.9995);
  const down = normalize(leg);
  const along = (BONES.thigh ** 2 - BONES.shin ** 2 + span ** 2) / (2 * span);
  const out = Math.sqrt(Math.max(0, BONES.thigh ** 2 - along ** 2));
  const level = normalize(vec(foot.front.x, 0, foot.front.z));
  const front = normalize(subtract(level, scale(down, dot(level, down))));
  return add(hip, add(scale(down, along), scale(front, out)));
}

/** The same skeleton with the whole world `factor` times as large. */
export function enlarged(skeleton: Skeleton, factor: number): Skeleton {
  const frame = (f: FrameOfReference): FrameOfReference => movedTo(f, scale(f.origin, factor));
  const side = (s: Side): Side => ({
    shoulder: scale(s.shoulder, factor),
    elbow: scale(s.elbow, factor),
    wrist: scale(s.wrist, factor),
    hip: scale(s.hip, factor),
    knee: scale(s.knee, factor),
    ankle: scale(s.ankle, factor),
    foot: frame(s.foot),
  });
  return {
    pelvis: frame(skeleton.pelvis),
    chest: frame(skeleton.chest),
    head: frame(skeleton.head),
    left: side(skeleton.left),
    right: side(skeleton.right),
  };
}
