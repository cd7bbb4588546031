import { add, clamp, dot, length, mix, normalize, subtract, type Vec3, vec } from './vector.js';

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
  /** A sphere that encloses it. */
  readonly centre: Vec3;
  readonly reach: number;
}

export function blocker(from: Vec3, to: Vec3, radius: number): Blocker {
  return { from, to, radius, centre: mix(from, to, 0.5), reach: length(subtract(to, from)) / 2 + radius };
}

/** A place on a surface. */
export interface Spot {
  readonly point: Vec3;
  readonly normal: Vec3;
}

/** How many of its radii away a blocker still takes light from all around. */
const CONTACT = 6;

export interface LightAt {
  /** 0..1: how much of the key light and of the light from all around arrives. */
  key: number;
  ambient: number;
}

/**
 * Light left at a surface point by soft shadows and contact. A blocker that holds the point inside of its own radius is
 * the point's own part and takes nothing, so that no surface shades itself.
 */
export function lightLeft({ point, normal }: Spot, blockers: readonly Blocker[], out: LightAt): void {
  let key = 1;
  let ambient = 1;
  for (const part of blockers) {
    const cx = part.centre.x - point.x;
    const cy = part.centre.y - point.y;
    const cz = part.centre.z - point.z;
    const away = cx * cx + cy * cy + cz * cz;
    const along = cx * KEY_DIRECTION.x + cy * KEY_DIRECTION.y + cz * KEY_DIRECTION.z;
    const halfShadow = part.reach + part.radius * 0.25 + Math.max(0, along + part.reach) * 0.1;
    const shades = along > -part.reach && away - along * along < halfShadow * halfShadow;
    const touches = away < (part.reach + CONTACT * part.radius) ** 2;
    if (!shades && !touches) continue;
    const own = ownPart(point, normal, part);
    ambient *= 1 - own.contact;
    if (shades && own.distinct > 0) key *= 1 - own.distinct * shadowOn(point, part);
  }
  out.key = key;
  out.ambient = ambient;
}

/** How far a point is from being a blocker’s own (0..1), and the ambient light that it takes. Reused, for speed. */
const OWN = { distinct: 0, contact: 0 };

function ownPart(point: Vec3, normal: Vec3, { from, to, radius }: Blocker): typeof OWN {
  const ax = from.x - point.x;
  const ay = from.y - point.y;
  const az = from.z - point.z;
  const bx = to.x - from.x;
  const by = to.y - from.y;
  const bz = to.z - from.z;
  const s = clamp(-(ax * bx + ay * by + az * bz) / (bx * bx + by * by + bz * bz), 0, 1);
  const x = ax + bx * s;
  const y = ay + by * s;
  const z = az + bz * s;
  const distance = Math.sqrt(x * x + y * y + z * z);
  const facing = Math.max(0, normal.x * x + normal.y * y + normal.z * z) / distance;
  const near = clamp((CONTACT * radius - distance) / radius, 0, 1) * (radius / distance) ** 2;
  OWN.distinct = clamp((distance / radius - 1.02) / 0.35, 0, 1);
  OWN.contact = 0.85 * OWN.distinct * facing * near;
  return OWN;
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
  const lb = l.x * bx + l.y * by + l.z * bz;
  const la = l.x * ax + l.y * ay + l.z * az;
  if (la <= 0 && la + lb <= 0) return 0;
  // Nearest points of the ray r·l and the line a + s·b, both from the point.
  const bb = bx * bx + by * by + bz * bz;
  const ab = ax * bx + ay * by + az * bz;
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
