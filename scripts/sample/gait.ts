import { type FrameOfReference, movedTo, pitched, pointIn, upright } from './frame-of-reference.js';
import { headingAt, type PathPoint, positionAt, type Turn } from './path.js';
import { clamp, length, mix, smoothstep, subtract } from './vector.js';

/** How somebody walks: the path of the body, the way it looks, and the rhythm of the feet. */
export interface Walk {
  readonly path: readonly PathPoint[];
  /** Degrees, before the first turn. */
  readonly heading: number;
  readonly turns: readonly Turn[];
  /** Seconds from one heel strike to the next of the same foot. */
  readonly stride: number;
  /** Part of a stride by which this walk is ahead of others. */
  readonly phase: number;
}

/** A foot's frame: origin at the ankle joint, front along the sole. */
export type Foot = FrameOfReference;

/** Part of a stride that a foot is on the floor. */
const STANCE = 0.61;
const HALF_STEP_WIDTH = 0.085;
/** A step of this length (metres) lifts and rolls the foot fully; shorter ones less. */
const FULL_STEP = 1.15;

export const ANKLE_HEIGHT = 0.085;
/** Behind and in front of the ankle: where the heel strikes, and the ball that the foot rolls over. */
const HEEL = 0.055;
const BALL = 0.125;

/**
 * Both feet at time t. Each foot is planted, level and still, where the body is in the middle of its stance; between two
 * plants it swings. So feet never slide, and somebody who stops walking stops stepping by itself.
 */
export function footAt(walk: Walk, side: 'left' | 'right', t: number): Foot {
  const cycles = t / walk.stride + walk.phase + (side === 'left' ? 0 : 0.5);
  const cycle = Math.floor(cycles);
  const part = cycles - cycle;
  const plantOf = (index: number): FrameOfReference => {
    const middle = (index + STANCE / 2 - walk.phase - (side === 'left' ? 0 : 0.5)) * walk.stride;
    const root = upright(positionAt(walk.path, middle), headingAt(walk.heading, walk.turns, middle));
    return movedTo(root, pointIn(root, side === 'left' ? HALF_STEP_WIDTH : -HALF_STEP_WIDTH, 0, 0.02));
  };
  const here = plantOf(cycle);
  const stepTo = (other: FrameOfReference) =>
    clamp(length(subtract(other.origin, here.origin)) / FULL_STEP, 0, 1);
  const next = plantOf(cycle + 1);
  const ahead = stepTo(next);
  if (part < STANCE) {
    const u = part / STANCE;
    const heelUp = 0.62 * ahead * smoothstep(0.58, 1, u);
    const toeUp = 0.3 * stepTo(plantOf(cycle - 1)) * (1 - smoothstep(0, 0.17, u));
    return rolledFoot(here, heelUp - toeUp, 0);
  }
  const u = (part - STANCE) / (1 - STANCE);
  const moved = smoothstep(0, 1, u);
  const between: FrameOfReference = upright(
    mix(here.origin, next.origin, moved),
    headingOf(here) + angleBetween(headingOf(here), headingOf(next)) * moved,
  );
  const roll = ahead * (0.62 * (1 - smoothstep(0, 0.6, u)) - 0.3 * smoothstep(0.45, 1, u));
  const turning = Math.abs(angleBetween(headingOf(here), headingOf(next)));
  const lift = (0.075 * ahead + Math.min(0.05, 0.06 * turning)) * Math.sin(Math.PI * u ** 0.85);
  return rolledFoot(between, roll, lift);
}

/** The ankle's frame of a foot that rolls over its ball (roll > 0) or stands on its heel (roll < 0). */
function rolledFoot(sole: FrameOfReference, roll: number, lift: number): Foot {
  const pivot = roll > 0 ? BALL : -HEEL;
  const tilted = pitched(sole, roll);
  const at = movedTo(tilted, pointIn(sole, 0, lift, pivot));
  return movedTo(tilted, pointIn(at, 0, ANKLE_HEIGHT, -pivot));
}

const headingOf = (frame: FrameOfReference): number => Math.atan2(frame.front.x, -frame.front.z);

function angleBetween(from: number, to: number): number {
  const turn = to - from;
  return turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI));
}
