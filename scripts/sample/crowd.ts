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

/** Makes up what `count` people do: each has a lane and a part of it, walks up and down there, stops, gestures. */
export function crowd({ count, seconds, random }: CrowdOptions): Action[] {
  return Array.from({ length: count }, (_, index) => {
    const z = NEAREST + ((FARTHEST - NEAREST) * ((index * 2) % count)) / Math.max(1, count - 1);
    const room = HALF_VIEW * z - MARGIN;
    const gap = (2 * room) / Math.max(1, count - 1);
    const home = count === 1 ? 0 : -room + gap * index;
    // A little more than the own part: neighbours meet and pass each other.
    const low = Math.max(-room, home - 0.8 * gap);
    const high = Math.min(room, home + 0.8 * gap);
    return wanderer({ low, high, z, seconds, random });
  });
}

interface WandererOptions {
  /** Walks between these two x, metres. */
  readonly low: number;
  readonly high: number;
  readonly z: number;
  readonly seconds: number;
  readonly random: () => number;
}

function wanderer({ low, high, z, seconds, random }: WandererOptions): Action {
  let here = low + (high - low) * random();
  const path: PathPoint[] = [{ at: 0, x: here, z, pause: true }];
  const turns: Turn[] = [];
  const gestures: GestureSpan[] = [];
  let at = 0;
  while (at < seconds) {
    const rest = 1 + 2.2 * random();
    const gesture = GESTURES[Math.floor(random() * GESTURES.length)] ?? 'wave';
    const arm = gesture === 'wave' || gesture === 'point' || gesture === 'think' ? 'right' : 'both';
    if (rest > 1.6) gestures.push({ at, until: at + rest, arm, gesture });
    at += rest;
    // To the farther end: short walks would be mere turns.
    const end = here - low > high - here ? low : high;
    const there = here + (end - here) * (0.6 + 0.4 * random());
    const walk = 0.5 + Math.abs(there - here) / (0.85 + 0.35 * random());
    path.push({ at, x: here, z, pause: true }, { at: at + walk, x: there, z, pause: true });
    turns.push({ at: at - 0.4, over: 0.7, to: there > here ? 62 : -62 });
    turns.push({ at: at + walk - 0.4, over: 0.7, to: 40 * (random() - 0.5) });
    at += walk;
    here = there;
  }
  return { stride: 1 + 0.15 * random(), phase: random(), heading: 0, path, turns, gestures, glances: [] };
}
