import { type Figure, figureOf } from './figure.js';
import type { Look } from './look.js';
import { type Action, enlarged, type Skeleton, skeletonAt } from './skeleton.js';

/** Somebody in the clip: looks, and what they do when. */
export interface Person {
  readonly id: number;
  readonly look: Look;
  readonly action: Action;
}

/** Height of the body that BONES and the radii of its shapes describe, metres. */
const AVERAGE_HEIGHT = 1.75;

/** A person at one time. */
export interface Posture {
  readonly person: Person;
  readonly skeleton: Skeleton;
  readonly figure: Figure;
  /** Height against the average body. */
  readonly size: number;
}

/** What the person looks like `t` seconds into the clip. */
export function postureAt(person: Person, t: number): Posture {
  const size = person.look.height / AVERAGE_HEIGHT;
  // The body moves as an average one would in a world of its own size: feet stay where they are planted.
  const path = person.action.path.map((point) => ({ ...point, x: point.x / size, z: point.z / size }));
  const skeleton = enlarged(skeletonAt({ ...person.action, path }, t), size);
  return { person, skeleton, figure: figureOf(skeleton, person.look, size), size };
}
