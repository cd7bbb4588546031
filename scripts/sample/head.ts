import { BLEND } from './blend.js';
import { pointIn } from './frame-of-reference.js';
import { type Look, linear } from './look.js';
import { cone, ellipsoid, type Material, type Shape } from './shape.js';
import type { Skeleton } from './skeleton.js';
import { mix, scale, type Vec3 } from './vector.js';

type Place = readonly [left: number, up: number, front: number];

/** Places on the head, metres from the middle of the skull of somebody 1.75 m tall. */
export const FACE: Readonly<Record<'nose' | 'eye' | 'ear', Place>> = {
  nose: [0, -0.012, 0.108],
  eye: [0.033, 0.025, 0.077],
  ear: [0.078, 0.002, -0.008],
};

const EYEBALL: Material = { colour: linear('#e9e4dd'), shine: 0.1 };
const IRIS: Material = { colour: linear('#20140e'), shine: 0.1 };

interface Paint {
  readonly material: Material;
  readonly blend?: number;
}

/** Makes shapes of one head out of measures of an average body. */
class HeadKit {
  private readonly skeleton: Skeleton;
  private readonly size: number;

  constructor(skeleton: Skeleton, size: number) {
    this.skeleton = skeleton;
    this.size = size;
  }

  at([left, up, front]: Place): Vec3 {
    const { size } = this;
    return pointIn(this.skeleton.head, left * size, up * size, front * size);
  }

  /** An ellipsoid, with half axes to the left, up and to the front. */
  ball(centre: Place, [left, up, front]: Place, paint: Paint): Shape {
    const { head } = this.skeleton;
    const radii = [left * this.size, up * this.size, front * this.size] as const;
    return ellipsoid({ centre: this.at(centre), axes: [head.left, head.up, head.front], radii, ...paint });
  }

  rod(
    from: Place | Vec3,
    to: Place,
    { radii, ...paint }: Paint & { radii: readonly [number, number] },
  ): Shape {
    const start = 'x' in from ? from : this.at(from);
    const scaled = [radii[0] * this.size, radii[1] * this.size] as const;
    return cone({ from: start, to: this.at(to), radii: scaled, ...paint });
  }
}

export function headShapes(skeleton: Skeleton, look: Look, size: number): Shape[] {
  const kit = new HeadKit(skeleton, size);
  const { skin } = look;
  const nape = pointIn(skeleton.chest, 0, 0.03 * size, 0);
  const face = { material: skin, blend: BLEND.face };
  return [
    kit.rod(nape, [0, -0.055, -0.03], { radii: [0.056, 0.052], material: skin }),
    kit.ball([0, 0.03, -0.01], [0.074, 0.086, 0.09], face),
    kit.rod([0, -0.005, 0.02], [0, -0.07, 0.042], { radii: [0.066, 0.038], ...face }),
    kit.rod([0, 0.022, 0.082], [0, -0.012, 0.095], { radii: [0.009, 0.0135], material: skin }),
    ...featuresOn(kit, look, 1),
    ...featuresOn(kit, look, -1),
    ...hairShapes(kit, look),
  ];
}

/** Eye, brow, half of the mouth, and ear of one side; `sign` 1 is the left. */
function featuresOn(kit: HeadKit, { skin, hair }: Look, sign: number): Shape[] {
  const lips: Material = { colour: mix(scale(skin.colour, 0.7), linear('#a03c3c'), 0.35), shine: 0.1 };
  const brow = { radii: [0.005, 0.0035] as const, material: hair };
  const mouth = { radii: [0.0065, 0.005] as const, material: lips };
  return [
    kit.ball([0.033 * sign, 0.025, 0.069], [0.017, 0.0105, 0.01], { material: EYEBALL }),
    kit.ball([0.0325 * sign, 0.025, 0.0765], [0.0076, 0.0084, 0.0045], { material: IRIS }),
    kit.rod([0.016 * sign, 0.051, 0.076], [0.049 * sign, 0.05, 0.058], brow),
    kit.rod([0, -0.049, 0.081], [0.023 * sign, -0.043, 0.074], mouth),
    kit.ball([0.076 * sign, 0.002, -0.008], [0.011, 0.031, 0.019], { material: skin }),
  ];
}

function hairShapes(kit: HeadKit, { hair, hairstyle, beard }: Look): Shape[] {
  const paint = { material: hair, blend: BLEND.hair };
  const shapes: Shape[] = [];
  if (hairstyle !== 'bald') {
    shapes.push(
      kit.ball([0, 0.046, -0.021], [0.082, 0.087, 0.094], paint),
      kit.ball([0, -0.002, -0.045], [0.068, 0.075, 0.066], paint),
    );
  }
  if (hairstyle === 'bun') shapes.push(kit.ball([0, 0.1, -0.105], [0.042, 0.04, 0.04], { material: hair }));
  if (hairstyle === 'bob') {
    shapes.push(kit.rod([0, 0, -0.06], [0, -0.09, -0.055], { radii: [0.07, 0.055], ...paint }));
    for (const sign of [1, -1]) {
      const lock = { radii: [0.026, 0.022] as const, ...paint };
      shapes.push(kit.rod([0.062 * sign, 0.03, -0.025], [0.066 * sign, -0.085, -0.03], lock));
    }
  }
  if (beard) {
    const moustache = { radii: [0.0062, 0.0064] as const, material: hair };
    shapes.push(
      kit.rod([0, -0.045, 0.03], [0, -0.08, 0.043], { radii: [0.0535, 0.037], ...paint }),
      kit.rod([-0.02, -0.033, 0.084], [0.02, -0.033, 0.084], moustache),
    );
  }
  return shapes;
}
