import { mix, normalize, smoothstep, type Vec3, vec } from './vector.js';

export type Gesture = 'wave' | 'raise' | 'spread' | 'hips' | 'point' | 'think';

/** From `at` to `until`; the arm takes RAISE seconds to get there, and again to come back. */
export interface GestureSpan {
  readonly at: number;
  readonly until: number;
  readonly arm: 'left' | 'right' | 'both';
  readonly gesture: Gesture;
}

/** Directions of upper arm and forearm in the torso's frame: x outwards from the body, y up, z to the front. */
export interface ArmDirections {
  readonly upper: Vec3;
  readonly fore: Vec3;
}

const RAISE = 0.65;

export interface ArmState {
  readonly gestures: readonly GestureSpan[];
  readonly side: 'left' | 'right';
  readonly t: number;
  /** -1..1 of a walking person, forward positive; 0 stands. */
  readonly swing: number;
}

/** What an arm does at time t. */
export function armAt({ gestures, side, t, swing }: ArmState): ArmDirections {
  let arm = hanging(swing);
  for (const span of gestures) {
    if (span.arm !== side && span.arm !== 'both') continue;
    const weight =
      smoothstep(span.at, span.at + RAISE, t) * (1 - smoothstep(span.until - RAISE, span.until, t));
    if (weight === 0) continue;
    const goal = gestureAt(span.gesture, t - span.at);
    // The forearm leads: it bends before the upper arm has lifted.
    arm = {
      upper: normalize(mix(arm.upper, normalize(goal.upper), weight)),
      fore: normalize(mix(arm.fore, normalize(goal.fore), Math.min(1, weight * 1.25))),
    };
  }
  return arm;
}

function hanging(swing: number): ArmDirections {
  const shoulder = 0.04 + swing * 0.42;
  const elbow = shoulder + 0.2 + 0.3 * Math.max(0, swing) + 0.12 * Math.abs(swing);
  return {
    upper: normalize(vec(0.13, -Math.cos(shoulder), Math.sin(shoulder))),
    fore: normalize(vec(0.02, -Math.cos(elbow), Math.sin(elbow))),
  };
}

function gestureAt(gesture: Gesture, t: number): ArmDirections {
  switch (gesture) {
    case 'wave': {
      const angle = 0.42 * Math.sin(t * 7.5) + 0.12;
      return { upper: vec(0.86, -0.12, 0.3), fore: vec(Math.sin(angle), Math.cos(angle), 0.12) };
    }
    case 'raise':
      return { upper: vec(0.5, 0.85, 0.08), fore: vec(0.12 + 0.08 * Math.sin(t * 3), 1, 0.05) };
    case 'spread':
      return { upper: vec(1, 0.02 + 0.05 * Math.sin(t * 2), 0.05), fore: vec(1, 0.12, 0.1) };
    case 'hips':
      return { upper: vec(0.72, -0.72, -0.18), fore: vec(-0.66, -0.55, 0.5) };
    case 'point':
      return { upper: vec(0.75, 0.25, 0.6), fore: vec(0.8, 0.35, 0.45) };
    case 'think':
      return { upper: vec(0.12, -0.93, 0.34), fore: vec(-0.35, 0.86, 0.4) };
  }
}
