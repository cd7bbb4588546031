import type { Gesture, GestureSpan } from './arms.js';
import type { PathPoint, Turn } from './path.js';
import type { Action } from './skeleton.js';

/** The strip of floor on which a crowd moves, metres. */
const NEAREST = 4.6;
const FARTHEST = 6.6;
/** Half of the picture's width at one metre, and the room that a body needs at the border. */
const HALF_VIEW = 0.52;
const MARGIN = 0.55;
const GESTURES: readonly Gesture[] = ['wave', 'raise', 'spread', 'hips', 'point', 'think'];

export interface CrowdOptions {
  readonly count: number;
  readonly seconds: number;
  readonly random: () => number;
}

/** Makes up what `count` people do: each walks about on a lane of its own, stays inside the picture, stops, gestures. */
export function crowd({ count, seconds, random }: CrowdOptions): Action[] {
  return Array.from({ length: count }, (_, index) => {
    const z = NEAREST + ((FARTHEST - NEAREST) * ((index * 2) % count)) / Math.max(1, count - 1);
    const room = HALF_VIEW * z - MARGIN;
    const start = count === 1 ? 0 : -room + (2 * room * index) / (count - 1);
    return wanderer({ x: start, z, room, seconds, random });
  });
}

interface WandererOptions {
  readonly x: number;
  readonly z: number;
  /** Walks between -room and +room. */
  readonly room: number;
  readonly seconds: number;
  readonly random: () => number;
}

function wanderer({ x, z, room, seconds, random }: WandererOptions): Action {
  const path: PathPoint[] = [{ at: 0, x, z, pause: true }];
  const turns: Turn[] = [];
  const gestures: GestureSpan[] = [];
  let at = 0;
  let here = x;
  while (at < seconds) {
    const rest = 1 + 2.2 * random();
    const gesture = GESTURES[Math.floor(random() * GESTURES.length)] ?? 'wave';
    const arm = gesture === 'wave' || gesture === 'point' || gesture === 'think' ? 'right' : 'both';
    if (rest > 1.6) gestures.push({ at, until: at + rest, arm, gesture });
    at += rest;
    const there = targetFrom(here, room, random);
    const walk = 0.5 + Math.abs(there - here) / (0.85 + 0.35 * random());
    path.push({ at, x: here, z, pause: true }, { at: at + walk, x: there, z, pause: true });
    turns.push({ at: at - 0.4, over: 0.7, to: there > here ? 85 : -85 });
    turns.push({ at: at + walk - 0.4, over: 0.7, to: 40 * (random() - 0.5) });
    at += walk;
    here = there;
  }
  return { stride: 1 + 0.15 * random(), phase: random(), heading: 0, path, turns, gestures, glances: [] };
}

/** Somewhere at least a metre away, where there is room for that. */
function targetFrom(here: number, room: number, random: () => number): number {
  const far = Math.min(1, room);
  const left = Math.max(0, here - far + room);
  const right = Math.max(0, room - here - far);
  const pick = random() * (left + right);
  return pick < left ? -room + pick : here + far + (pick - left);
}
