import { clamp, smoothstep, type Vec3, vec } from './vector.js';

/** Where a person stands at a time (seconds, metres). Without `pause` it walks through without slowing down. */
export interface PathPoint {
  readonly at: number;
  readonly x: number;
  readonly z: number;
  readonly pause?: true;
}

/** Begins at `at` and takes `over` seconds; `to` in degrees, 0 looks at the viewer, 90 to the picture's right. */
export interface Turn {
  readonly at: number;
  readonly over: number;
  readonly to: number;
}

/** Seconds that starting and stopping take. */
const RAMP = 0.55;

/** Floor position at time t; before the first and after the last point it stays there. */
export function positionAt(path: readonly PathPoint[], t: number): Vec3 {
  const next = path.findIndex((point) => point.at > t);
  const after = path[next];
  const before = next < 0 ? path[path.length - 1] : path[next - 1];
  if (before === undefined || after === undefined) {
    const only = before ?? after;
    return vec(only?.x ?? 0, 0, only?.z ?? 0);
  }
  const part = travelled(t, before, after);
  return vec(before.x + (after.x - before.x) * part, 0, before.z + (after.z - before.z) * part);
}

/** The part (0..1) of the leg between two points that is done at time t: even speed, with ramps at ends that rest. */
function travelled(t: number, before: PathPoint, after: PathPoint): number {
  const whole = after.at - before.at;
  const ramp = Math.min(RAMP, whole / 2);
  const rests = (before.pause ? 1 : 0) + (after.pause ? 1 : 0);
  const speed = 1 / (whole - (rests * ramp) / 2);
  const done = t - before.at;
  if (before.pause && done < ramp) return (speed * done * done) / (2 * ramp);
  const left = after.at - t;
  if (after.pause && left < ramp) return 1 - (speed * left * left) / (2 * ramp);
  return speed * (before.pause ? done - ramp / 2 : done);
}

/** Heading in radians at time t; turns follow one another. */
export function headingAt(start: number, turns: readonly Turn[], t: number): number {
  let degrees = start;
  for (const turn of turns) {
    if (t > turn.at) degrees += (turn.to - degrees) * smoothstep(turn.at, turn.at + turn.over, t);
  }
  return (degrees * Math.PI) / 180;
}

/** Metres a second along the path, from positions `STEP` to both sides. */
export function speedAt(path: readonly PathPoint[], t: number): number {
  const STEP = 0.15;
  const a = positionAt(path, t - STEP);
  const b = positionAt(path, t + STEP);
  return clamp(Math.hypot(b.x - a.x, b.z - a.z) / (2 * STEP), 0, 2);
}
