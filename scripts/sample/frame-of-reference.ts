import { add, scale, type Vec3, vec } from './vector.js';

/** A place with a body's own directions: its left, up, and the way it looks (unit vectors in world axes). */
export interface FrameOfReference {
  readonly origin: Vec3;
  readonly left: Vec3;
  readonly up: Vec3;
  readonly front: Vec3;
}

const turned = (a: Vec3, b: Vec3, angle: number): Vec3 =>
  add(scale(a, Math.cos(angle)), scale(b, Math.sin(angle)));

/** Upright at `origin`. Heading 0 looks at the viewer, a quarter turn (π/2) looks to the picture's right. */
export const upright = (origin: Vec3, heading: number): FrameOfReference => ({
  origin,
  left: vec(Math.cos(heading), 0, Math.sin(heading)),
  up: vec(0, 1, 0),
  front: vec(Math.sin(heading), 0, -Math.cos(heading)),
});

/** The world point that lies `left`, `up`, `front` metres from the origin. */
export function pointIn(frame: FrameOfReference, left: number, up: number, front: number): Vec3 {
  return add(frame.origin, directionIn(frame, left, up, front));
}

export function directionIn(frame: FrameOfReference, left: number, up: number, front: number): Vec3 {
  const { left: l, up: u, front: f } = frame;
  return vec(
    l.x * left + u.x * up + f.x * front,
    l.y * left + u.y * up + f.y * front,
    l.z * left + u.z * up + f.z * front,
  );
}

/** Same directions, another place. */
export const movedTo = (frame: FrameOfReference, origin: Vec3): FrameOfReference => ({ ...frame, origin });

/** Leans forward by `angle` (radians), about the left axis. */
export const pitched = (frame: FrameOfReference, angle: number): FrameOfReference => ({
  ...frame,
  up: turned(frame.up, frame.front, angle),
  front: turned(frame.front, frame.up, -angle),
});

/** Leans to its own left by `angle`, about the front axis. */
export const rolled = (frame: FrameOfReference, angle: number): FrameOfReference => ({
  ...frame,
  up: turned(frame.up, frame.left, angle),
  left: turned(frame.left, frame.up, -angle),
});

/** Turns to its own left by `angle`, about the up axis. */
export const yawed = (frame: FrameOfReference, angle: number): FrameOfReference => ({
  ...frame,
  front: turned(frame.front, frame.left, angle),
  left: turned(frame.left, frame.front, -angle),
});
