import { add, clamp, dot, normalize, type Vec3, vec } from './vector.js';

/** Towards the key light: a high window behind the viewer's left shoulder. */
export const KEY_DIRECTION = normalize(vec(-0.55, 1, -0.75));
const KEY = vec(1.02, 0.96, 0.86);
const SKY = vec(0.46, 0.5, 0.56);
const BOUNCE = vec(0.3, 0.25, 0.2);

/** A part that takes light from others: a sphere-swept line. */
export interface Blocker {
  readonly from: Vec3;
  readonly to: Vec3;
  readonly radius: number;
}

export interface LightAt {
  /** 0..1: how much of the key light and of the light from all around arrives. */
  key: number;
  ambient: number;
}

/**
 * Light left at a surface point by soft shadows and contact. A blocker that holds the point inside of its own radius is
 * the point's own part and takes nothing, so that no surface shades itself.
 */
export function lightLeft(point: Vec3, normal: Vec3, blockers: readonly Blocker[], out: LightAt): void {
  let key = 1;
  let ambient = 1;
  for (const blocker of blockers) {
    const ax = blocker.from.x - point.x;
    const ay = blocker.from.y - point.y;
    const az = blocker.from.z - point.z;
    const bx = blocker.to.x - blocker.from.x;
    const by = blocker.to.y - blocker.from.y;
    const bz = blocker.to.z - blocker.from.z;
    const bb = bx * bx + by * by + bz * bz;
    const ab = ax * bx + ay * by + az * bz;
    const s = clamp(-ab / bb, 0, 1);
    const cx = ax + bx * s;
    const cy = ay + by * s;
    const cz = az + bz * s;
    const distance = Math.sqrt(cx * cx + cy * cy + cz * cz);
    const own = clamp((distance / blocker.radius - 1.02) / 0.35, 0, 1);
    if (own === 0) continue;
    const facing = (normal.x * cx + normal.y * cy + normal.z * cz) / distance;
    const near = blocker.radius / distance;
    if (facing > 0) ambient *= 1 - 0.85 * own * facing * near * near;
    if (key > 0.01) key *= 1 - own * shadowOn(point, blocker);
  }
  out.key = key;
  out.ambient = ambient;
}

/** 0..1: how much of the key light the blocker takes; the half-shadow widens with distance. */
function shadowOn(point: Vec3, { from, to, radius }: Blocker): number {
  const l = KEY_DIRECTION;
  const ax = from.x - point.x;
  const ay = from.y - point.y;
  const az = from.z - point.z;
  const bx = to.x - from.x;
  const by = to.y - from.y;
  const bz = to.z - from.z;
  // Nearest points of the ray r·l and the line a + s·b, both from the point.
  const bb = bx * bx + by * by + bz * bz;
  const ab = ax * bx + ay * by + az * bz;
  const lb = l.x * bx + l.y * by + l.z * bz;
  const la = l.x * ax + l.y * ay + l.z * az;
  const s = clamp((la * lb - ab) / Math.max(1e-9, bb - lb * lb), 0, 1);
  const r = la + s * lb;
  if (r <= 0) return 0;
  const qx = ax + s * bx - r * l.x;
  const qy = ay + s * by - r * l.y;
  const qz = az + s * bz - r * l.z;
  const gap = Math.sqrt(qx * qx + qy * qy + qz * qz);
  const soft = radius * 0.25 + r * 0.1;
  return 0.95 * (1 - clamp((gap - radius + soft) / (2 * soft), 0, 1)) * Math.min(1, radius / soft);
}

/** A point of a surface as the viewer sees it; both vectors of length one. */
export interface SurfacePoint {
  readonly colour: Vec3;
  readonly shine: number;
  readonly normal: Vec3;
  readonly towardsViewer: Vec3;
}

/** Linear light (r, g, b) that the surface sends to the viewer, written to `out`. */
export function shade(surface: SurfacePoint, left: LightAt, out: Float64Array): void {
  const { colour, shine, normal, towardsViewer } = surface;
  const lambert = dot(normal, KEY_DIRECTION);
  // Light wraps a little around the edge, as it does from a wide window.
  const key = (Math.max(0, lambert + 0.18) / 1.18) * left.key;
  const up = normal.y * 0.5 + 0.5;
  const edge = 0.05 * (1 - Math.max(0, dot(normal, towardsViewer))) ** 3 * left.ambient;
  let gloss = edge;
  if (shine > 0) {
    const half = normalize(add(KEY_DIRECTION, towardsViewer));
    gloss += shine * Math.max(0, dot(normal, half)) ** 24 * left.key;
  }
  out[0] = colour.x * (KEY.x * key + (BOUNCE.x + (SKY.x - BOUNCE.x) * up) * left.ambient) + gloss;
  out[1] = colour.y * (KEY.y * key + (BOUNCE.y + (SKY.y - BOUNCE.y) * up) * left.ambient) + gloss;
  out[2] = colour.z * (KEY.z * key + (BOUNCE.z + (SKY.z - BOUNCE.z) * up) * left.ambient) + gloss;
}
