import { BLEND } from './blend.js';
import { directionIn, type FrameOfReference, pointIn } from './frame-of-reference.js';
import { headShapes } from './head.js';
import { type Blocker, blocker } from './light.js';
import type { Look } from './look.js';
import { type Cover, cone, ellipsoid, type Line, type Material, type Shape } from './shape.js';
import type { Side, Skeleton } from './skeleton.js';
import { add, cross, dot, mix, normalize, scale, smoothstep, subtract, type Vec3 } from './vector.js';

/** Everything of a person that can be drawn. */
export interface Figure {
  readonly shapes: readonly Shape[];
  readonly blockers: readonly Blocker[];
}

/** `size` is the person's height against the 1.75 m for which the radii here are given. */
export function figureOf(skeleton: Skeleton, look: Look, size: number): Figure {
  const body: Body = { skeleton, look, size, girth: size * look.build };
  return {
    shapes: [
      ...torsoShapes(body),
      ...armShapes(body, 'left'),
      ...armShapes(body, 'right'),
      ...legShapes(body, 'left'),
      ...legShapes(body, 'right'),
      ...headShapes(skeleton, look, size),
    ],
    blockers: blockersOf(body),
  };
}

interface Body {
  readonly skeleton: Skeleton;
  readonly look: Look;
  readonly size: number;
  readonly girth: number;
}

/** A point in a frame of the body, given in metres of an average body. */
const place = (frame: FrameOfReference, size: number, left: number, up: number, front: number): Vec3 =>
  pointIn(frame, left * size, up * size, front * size);

function torsoShapes(body: Body): Shape[] {
  const { skeleton, look, size, girth } = body;
  const { chest, pelvis } = skeleton;
  const waist = mix(place(pelvis, size, 0, 0.1, 0), place(chest, size, 0, -0.36, 0), 0.5);
  const ribs = place(chest, size, 0, -0.22, 0.005);
  const flat = { along: chest.front, by: 0.66 };
  const shirt = { material: look.shirt, blend: BLEND.torso, pattern: { at: pelvis.origin, along: chest.up } };
  const shapes = [
    cone({
      ...shirt,
      from: place(pelvis, size, 0, 0.02, 0),
      to: waist,
      radii: [0.158 * girth, 0.138 * girth],
      flat,
      material: look.trousers,
      ...underShirt(body),
    }),
    cone({ ...shirt, from: waist, to: ribs, radii: [0.138 * girth, 0.15 * girth], flat }),
    cone({
      ...shirt,
      from: ribs,
      to: place(chest, size, 0, -0.13, 0),
      radii: [0.15 * girth, 0.163 * girth],
      flat,
    }),
    cone({
      ...shirt,
      from: place(chest, size, -0.12, -0.022, -0.005),
      to: place(chest, size, 0.12, -0.022, -0.005),
      radii: [0.068 * girth, 0.068 * girth],
    }),
  ];
  for (const side of [skeleton.left, skeleton.right]) {
    const sign = side === skeleton.left ? 1 : -1;
    shapes.push(
      cone({
        ...shirt,
        from: place(chest, size, 0.03 * sign, 0.045, -0.015),
        to: add(side.shoulder, scale(chest.up, 0.004 * size)),
        radii: [0.047 * size, 0.055 * girth],
      }),
      cone({
        from: place(pelvis, size, 0.035 * sign, 0.0, -0.01),
        to: place(pelvis, size, 0.072 * sign, -0.05, -0.005),
        radii: [0.116 * girth, 0.098 * girth],
        material: look.trousers,
        flat: { along: pelvis.front, by: 0.76 },
        blend: BLEND.leftLeg | BLEND.rightLeg | BLEND.torso,
        ...underShirt(body),
      }),
    );
  }
  return shapes;
}

/** The shirt hangs over hips and thighs down to one level line. */
function underShirt({ skeleton, look, size }: Body): { pattern: Line; over: Cover } {
  const { pelvis } = skeleton;
  const hem = { at: place(pelvis, size, 0, -0.045, 0), along: pelvis.up };
  return { pattern: { at: pelvis.origin, along: pelvis.up }, over: { material: look.shirt, from: hem } };
}

function armShapes({ skeleton, look, size, girth }: Body, which: 'left' | 'right'): Shape[] {
  const side = skeleton[which];
  const { shirt, skin } = look;
  const sleeve = which === 'left' ? BLEND.leftSleeve : BLEND.rightSleeve;
  const arm = which === 'left' ? BLEND.leftArm : BLEND.rightArm;
  const { shoulder, elbow, wrist } = side;
  const cuff = mix(shoulder, elbow, 0.62);
  const pattern = { at: shoulder, along: normalize(subtract(shoulder, elbow)) };
  const bulge = mix(elbow, wrist, 0.28);
  const armpit = subtract(shoulder, scale(skeleton.chest.up, 0.02 * size));
  return [
    cone({
      from: mix(shoulder, armpit, 0.4),
      to: mix(shoulder, elbow, 0.18),
      radii: [0.063 * girth, 0.06 * girth],
      material: shirt,
      pattern,
      blend: sleeve | BLEND.torso,
    }),
    cone({
      from: mix(shoulder, elbow, 0.18),
      to: cuff,
      radii: [0.06 * girth, 0.054 * girth],
      material: shirt,
      pattern,
      blend: sleeve,
    }),
    cone({
      from: mix(shoulder, elbow, 0.5),
      to: elbow,
      radii: [0.046 * girth, 0.039 * girth],
      material: skin,
      blend: arm,
    }),
    cone({ from: elbow, to: bulge, radii: [0.039 * girth, 0.042 * girth], material: skin, blend: arm }),
    cone({ from: bulge, to: wrist, radii: [0.042 * girth, 0.027 * girth], material: skin, blend: arm }),
    ...handShapes({ skeleton, side, size, skin, blend: arm }),
  ];
}

interface HandOptions {
  readonly skeleton: Skeleton;
  readonly side: Side;
  readonly size: number;
  readonly skin: Material;
  readonly blend: number;
}

/** A flat hand in line with the forearm; hanging it shows the thigh its palm, lifted it shows it to the front. */
function handShapes({ skeleton, side, size, skin, blend }: HandOptions): Shape[] {
  const { chest } = skeleton;
  const along = normalize(subtract(side.wrist, side.elbow));
  const lifted = smoothstep(-0.4, 0.5, dot(along, chest.up));
  const wanted = mix(chest.left, chest.front, lifted);
  const palm = normalize(subtract(wanted, scale(along, dot(wanted, along))));
  const across = cross(along, palm);
  const at = (far: number, sideways: number): Vec3 =>
    add(side.wrist, add(scale(along, far * size), scale(across, sideways * size)));
  const towardsFront =
    dot(across, directionIn(chest, side === skeleton.left ? -lifted : lifted, 0, 1)) > 0 ? 1 : -1;
  const flat = { along: palm, by: 0.45 };
  return [
    ellipsoid({
      centre: at(0.052, 0),
      axes: [across, along, palm],
      radii: [0.04 * size, 0.05 * size, 0.018 * size],
      material: skin,
      blend,
    }),
    cone({
      from: at(0.075, 0.0),
      to: at(0.145, 0.002 * towardsFront),
      radii: [0.036 * size, 0.021 * size],
      material: skin,
      flat,
      blend,
    }),
    cone({
      from: at(0.03, 0.026 * towardsFront),
      to: at(0.085, 0.05 * towardsFront),
      radii: [0.016 * size, 0.01 * size],
      material: skin,
    }),
  ];
}

function legShapes(body: Body, which: 'left' | 'right'): Shape[] {
  const { skeleton, look, size, girth } = body;
  const side = skeleton[which];
  const { trousers, shoes } = look;
  const blend = which === 'left' ? BLEND.leftLeg : BLEND.rightLeg;
  const calf = add(mix(side.knee, side.ankle, 0.3), scale(side.foot.front, -0.012 * size));
  const hem = mix(side.knee, side.ankle, 0.9);
  const foot = (left: number, up: number, front: number): Vec3 => place(side.foot, size, left, up, front);
  const sole: Material = { colour: mix(shoes.colour, { x: 0.9, y: 0.88, z: 0.84 }, 0.75), shine: 0 };
  const flatSole = { along: side.foot.up, by: 0.3 };
  return [
    cone({
      from: side.hip,
      to: side.knee,
      radii: [0.084 * girth, 0.06 * girth],
      material: trousers,
      blend,
      ...underShirt(body),
    }),
    cone({
      from: side.knee,
      to: calf,
      radii: [0.06 * girth, 0.06 * girth - 1e-3],
      material: trousers,
      blend,
    }),
    cone({ from: calf, to: hem, radii: [0.059 * girth, 0.05 * girth], material: trousers, blend }),
    cone({
      from: foot(0, 0.01, -0.01),
      to: foot(0, -0.045, -0.03),
      radii: [0.038 * size, 0.04 * size],
      material: shoes,
    }),
    cone({
      from: foot(0, -0.045, -0.025),
      to: foot(0, -0.052, 0.115),
      radii: [0.041 * size, 0.037 * size],
      material: shoes,
    }),
    cone({
      from: foot(0, 0, 0.01),
      to: foot(0, -0.05, 0.1),
      radii: [0.036 * size, 0.03 * size],
      material: shoes,
    }),
    cone({
      from: foot(0, -0.052, 0.115),
      to: foot(0, -0.06, 0.165),
      radii: [0.037 * size, 0.027 * size],
      material: shoes,
    }),
    cone({
      from: foot(0, -0.075, -0.03),
      to: foot(0, -0.075, 0.155),
      radii: [0.043 * size, 0.036 * size],
      material: sole,
      flat: flatSole,
    }),
  ];
}

/** The few sphere-swept lines that stand for the body where it takes light from the floor and from itself. */
function blockersOf({ skeleton, size, girth }: Body): Blocker[] {
  const { pelvis, chest, head } = skeleton;
  const blockers = [
    blocker(pelvis.origin, place(chest, size, 0, -0.1, 0), 0.125 * girth),
    blocker(place(head, size, 0, -0.04, 0.01), place(head, size, 0, 0.04, -0.01), 0.085 * size),
  ];
  for (const side of [skeleton.left, skeleton.right]) {
    const heel = place(side.foot, size, 0, -0.055, -0.03);
    const toe = place(side.foot, size, 0, -0.06, 0.15);
    blockers.push(
      blocker(side.shoulder, side.elbow, 0.048 * girth),
      blocker(side.elbow, side.wrist, 0.036 * girth),
      blocker(side.hip, side.knee, 0.075 * girth),
      blocker(side.knee, side.ankle, 0.052 * girth),
      blocker(heel, toe, 0.036 * size),
    );
  }
  return blockers;
}
