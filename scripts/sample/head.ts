import { BLEND } from './blend.js';
import { pointIn } from './frame-of-reference.js';
import { type Look, linear } from './look.js';
import { cone, ellipsoid, type Material, type Shape } from './shape.js';
import type { Skeleton } from './skeleton.js';
import { mix, scale, type Vec3 } from './vector.js';

/** Places on the head, metres from the middle of the skull of somebody 1.75 m tall: left, up, front. */
export const FACE = {
  nose: [0, -0.02, 0.108],
  eye: [0.033, 0.018, 0.078],
  ear: [0.078, 0.002, -0.008],
} as const;

const EYEBALL: Material = { colour: linear('#e9e4dd'), shine: 0.1 };
const IRIS: Material = { colour: linear('#20140e'), shine: 0.1 };

export function headShapes(skeleton: Skeleton, look: Look, size: number): Shape[] {
  const { head, chest } = skeleton;
  const { skin } = look;
  const at = (left: number, up: number, front: number): Vec3 =>
    pointIn(head, left * size, up * size, front * size);
  const axes = [head.left, head.up, head.front] as const;
  const ball = (
    centre: Vec3,
    radii: readonly [number, number, number],
    material: Material,
    blend = 0,
  ): Shape =>
    ellipsoid({ centre, axes, radii: [radii[0] * size, radii[1] * size, radii[2] * size], material, blend });
  const rod = (
    from: Vec3,
    to: Vec3,
    radii: readonly [number, number],
    material: Material,
    blend = 0,
  ): Shape => cone({ from, to, radii: [radii[0] * size, radii[1] * size], material, blend });
  const lips: Material = { colour: mix(scale(skin.colour, 0.7), linear('#a03c3c'), 0.35), shine: 0.1 };
  const nape = pointIn(chest, 0, 0.0, -0.01 * size);
  const shapes = [
    rod(nape, at(0, -0.055, -0.03), [0.058, 0.052], skin),
    ball(at(0, 0.03, -0.01), [0.074, 0.086, 0.09], skin, BLEND.face),
    rod(at(0, -0.005, 0.02), at(0, -0.078, 0.042), [0.066, 0.037], skin, BLEND.face),
    rod(at(0, 0.014, 0.083), at(0, -0.02, 0.095), [0.009, 0.0135], skin),
  ];
  for (const sign of [1, -1]) {
    shapes.push(
      ball(at(0.033 * sign, 0.018, 0.07), [0.0155, 0.0095, 0.009], EYEBALL),
      ball(at(0.0325 * sign, 0.018, 0.0765), [0.007, 0.0078, 0.0045], IRIS),
      rod(at(0.016 * sign, 0.043, 0.077), at(0.049 * sign, 0.043, 0.06), [0.005, 0.0035], look.hair),
      rod(at(0, -0.056, 0.079), at(0.023 * sign, -0.05, 0.072), [0.0065, 0.005], lips),
      ball(at(0.076 * sign, 0.002, -0.008), [0.011, 0.031, 0.019], skin),
    );
  }
  return [...shapes, ...hairShapes(look, ball, rod, at)];
}

type Ball = (
  centre: Vec3,
  radii: readonly [number, number, number],
  material: Material,
  blend?: number,
) => Shape;
type Rod = (
  from: Vec3,
  to: Vec3,
  radii: readonly [number, number],
  material: Material,
  blend?: number,
) => Shape;

function hairShapes(
  look: Look,
  ball: Ball,
  rod: Rod,
  at: (l: number, u: number, f: number) => Vec3,
): Shape[] {
  const { hair } = look;
  const shapes: Shape[] = [];
  if (look.hairstyle !== 'bald') {
    shapes.push(
      ball(at(0, 0.046, -0.021), [0.082, 0.087, 0.094], hair, BLEND.hair),
      ball(at(0, -0.002, -0.045), [0.068, 0.075, 0.066], hair, BLEND.hair),
    );
  }
  if (look.hairstyle === 'bun') shapes.push(ball(at(0, 0.1, -0.105), [0.042, 0.04, 0.04], hair));
  if (look.hairstyle === 'bob') {
    shapes.push(rod(at(0, 0.0, -0.06), at(0, -0.09, -0.055), [0.07, 0.055], hair, BLEND.hair));
    for (const sign of [1, -1]) {
      shapes.push(
        rod(
          at(0.062 * sign, 0.03, -0.025),
          at(0.066 * sign, -0.085, -0.03),
          [0.026, 0.022],
          hair,
          BLEND.hair,
        ),
      );
    }
  }
  if (look.beard) {
    shapes.push(
      rod(at(0, -0.05, 0.03), at(0, -0.088, 0.043), [0.0525, 0.036], hair, BLEND.hair),
      rod(at(-0.02, -0.04, 0.083), at(0.02, -0.04, 0.0831), [0.0062, 0.0064], hair),
    );
  }
  return shapes;
}
