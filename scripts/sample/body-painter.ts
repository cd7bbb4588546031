import type { Camera } from './camera.js';
import { type LightAt, lightLeft, shade } from './light.js';
import type { Posture } from './person.js';
import { type Line, type Shape, surfaceNear } from './shape.js';
import { dot, mix, normalize, smoothstep, subtract, type Vec3, vec } from './vector.js';

/** How far from a joint the surfaces of its shapes flow into one another, metres. */
const BLEND_REACH = 0.045;

/** Lights points of one person's surface. */
export class BodyPainter {
  /** The colour painted last: linear r, g, b. */
  readonly colour = new Float64Array(3);
  private readonly camera: Camera;
  private readonly posture: Posture;
  private readonly neighbours: readonly (readonly Shape[])[];
  private readonly surface = new Float64Array(4);
  private readonly light: LightAt = { key: 1, ambient: 1 };

  constructor(camera: Camera, posture: Posture) {
    this.camera = camera;
    this.posture = posture;
    const { shapes } = posture.figure;
    this.neighbours = shapes.map((shape) =>
      shapes.filter((other) => other !== shape && (other.blend & shape.blend) !== 0),
    );
  }

  /** Paints the point of shape `index` that the ray meets at `depth`. */
  paint(index: number, ray: Vec3, depth: number): void {
    const shape = this.posture.figure.shapes[index];
    if (shape === undefined) throw new RangeError(`paint: no shape ${index}`);
    const { position } = this.camera;
    const point = vec(position.x + ray.x * depth, position.y + ray.y * depth, position.z + ray.z * depth);
    const normal = this.normalAt(shape, this.neighbours[index] ?? [], point);
    lightLeft({ point, normal }, this.posture.figure.blockers, this.light);
    const towardsViewer = normalize(vec(-ray.x, -ray.y, -ray.z));
    shade(
      { colour: colourAt(shape, point), shine: shape.material.shine, normal, towardsViewer },
      this.light,
      this.colour,
    );
  }

  /** The shape's own normal, drawn towards those of shapes that join it close by. */
  private normalAt(shape: Shape, neighbours: readonly Shape[], point: Vec3): Vec3 {
    const near = this.surface;
    surfaceNear(shape, point, near);
    let nx = near[0] as number;
    let ny = near[1] as number;
    let nz = near[2] as number;
    for (const neighbour of neighbours) {
      surfaceNear(neighbour, point, near);
      const distance = near[3] as number;
      if (distance > BLEND_REACH) continue;
      const weight = (1 - Math.max(0, distance) / BLEND_REACH) ** 2;
      nx += (near[0] as number) * weight;
      ny += (near[1] as number) * weight;
      nz += (near[2] as number) * weight;
    }
    return normalize(vec(nx, ny, nz));
  }
}

/** The garment at a point, stripes included. */
function colourAt(shape: Shape, point: Vec3): Vec3 {
  const { over, pattern } = shape;
  const { colour, stripes } =
    over !== undefined && heightOver(over.from, point) > 0 ? over.material : shape.material;
  if (stripes === undefined || pattern === undefined) return colour;
  const turns = heightOver(pattern, point) / stripes.period;
  const weight = smoothstep(0.2, 0.3, Math.abs(turns - Math.round(turns)));
  return mix(colour, stripes.colour, weight);
}

const heightOver = ({ at, along }: Line, point: Vec3): number => dot(subtract(point, at), along);
