import { cross, dot, length, normalize, scale, subtract, type Vec3, vec } from './vector.js';

/** Colours are linear light, 0..1 a channel (not the picture's gamma-coded bytes). */
export interface Material {
  readonly colour: Vec3;
  /** Strength of the highlight, 0 for cloth. */
  readonly shine: number;
  /** Horizontal bands of a second colour; `period` is a pair's height in metres. */
  readonly stripes?: { readonly colour: Vec3; readonly period: number };
}

/** A place and a direction of length one. */
export interface Line {
  readonly at: Vec3;
  readonly along: Vec3;
}

export interface Cover {
  readonly material: Material;
  readonly from: Line;
}

/**
 * A convex body of the scene: two spheres and the cone that touches both, in local units; with `length` 0 one sphere.
 * The local frame may be stretched, which makes flat torsos and ellipsoids out of the same formulas.
 * Local coordinates: origin at sphere A, y towards sphere B. `x`, `y`, `z` are the rows of the matrix world to local.
 */
export interface Shape {
  readonly origin: Vec3;
  readonly x: Vec3;
  readonly y: Vec3;
  readonly z: Vec3;
  readonly length: number;
  readonly radiusA: number;
  readonly radiusB: number;
  /** Sine and cosine of the cone's half opening angle. */
  readonly sin: number;
  readonly cos: number;
  /** The same body in world metres, rounded up: end of the axis, radii of spheres that enclose it. */
  readonly end: Vec3;
  readonly reachA: number;
  readonly reachB: number;
  /** Metres a local unit, where the local frame is stretched least. */
  readonly unit: number;
  readonly material: Material;
  /** Bits; shapes that share a bit get one smooth surface light across their joint. 0: none. */
  readonly blend: number;
  /** Where stripes are counted from; without it the shape stays plain. */
  readonly pattern: Line | undefined;
  /** Another garment that hangs over this shape, down to where `from` begins. */
  readonly over: Cover | undefined;
}

export interface ConeOptions {
  readonly from: Vec3;
  readonly to: Vec3;
  /** Radii of the two spheres, metres. */
  readonly radii: readonly [number, number];
  readonly material: Material;
  readonly blend?: number;
  readonly pattern?: Line;
  readonly over?: Cover;
  /** Makes the cross-section thinner along one direction, by a factor of at most 1. */
  readonly flat?: { readonly along: Vec3; readonly by: number };
}

export function cone(options: ConeOptions): Shape {
  const axis = subtract(options.to, options.from);
  const span = length(axis);
  const y = normalize(axis);
  const along = options.flat?.along ?? (Math.abs(y.y) < 0.9 ? vec(0, 1, 0) : vec(1, 0, 0));
  const z = normalize(subtract(along, scale(y, dot(along, y))));
  const x = cross(y, z);
  const flatness = options.flat?.by ?? 1;
  const [radiusA, radiusB] = options.radii;
  if (span <= Math.abs(radiusA - radiusB)) {
    throw new Error(
      `cone: radii ${radiusA} and ${radiusB} need an axis longer than their difference, got ${span}`,
    );
  }
  const sin = (radiusA - radiusB) / span;
  return {
    origin: options.from,
    x,
    y,
    z: scale(z, 1 / flatness),
    length: span,
    radiusA,
    radiusB,
    sin,
    cos: Math.sqrt(Math.max(0, 1 - sin * sin)),
    end: options.to,
    reachA: radiusA,
    reachB: radiusB,
    unit: flatness,
    material: options.material,
    blend: options.blend ?? 0,
    pattern: options.pattern,
    over: options.over,
  };
}

export interface EllipsoidOptions {
  readonly centre: Vec3;
  /** Three unit vectors at right angles, and the half axes along them in metres. */
  readonly axes: readonly [Vec3, Vec3, Vec3];
  readonly radii: readonly [number, number, number];
  readonly material: Material;
  readonly blend?: number;
}

export function ellipsoid(options: EllipsoidOptions): Shape {
  const [a, b, c] = options.axes;
  const [ra, rb, rc] = options.radii;
  const reach = Math.max(ra, rb, rc);
  return {
    origin: options.centre,
    x: scale(a, 1 / ra),
    y: scale(b, 1 / rb),
    z: scale(c, 1 / rc),
    length: 0,
    radiusA: 1,
    radiusB: 1,
    sin: 0,
    cos: 1,
    end: options.centre,
    reachA: reach,
    reachB: reach,
    unit: Math.min(ra, rb, rc),
    material: options.material,
    blend: options.blend ?? 0,
    pattern: undefined,
    over: undefined,
  };
}

/**
 * The depth at which the ray o + t·d (local coordinates, any length of d) enters the shape; Infinity where it misses.
 * The shape is the hull of two spheres, so every candidate (sphere A, sphere B, the cone between its two circles of
 * contact) lies inside of it and the nearest is the entry. Takes bare numbers because it runs for every sample of every shape.
 */
export function entryDepth(
  s: Shape,
  ox: number,
  oy: number,
  oz: number,
  dx: number,
  dy: number,
  dz: number,
): number {
  const dd = dx * dx + dy * dy + dz * dz;
  const od = ox * dx + oy * dy + oz * dz;
  const oo = ox * ox + oy * oy + oz * oz;
  let nearest = Number.POSITIVE_INFINITY;
  const discriminantA = od * od - dd * (oo - s.radiusA * s.radiusA);
  if (discriminantA > 0) nearest = (-od - Math.sqrt(discriminantA)) / dd;
  if (s.length === 0) return nearest;
  const odB = od - s.length * dy;
  const ooB = oo - 2 * s.length * oy + s.length * s.length;
  const discriminantB = odB * odB - dd * (ooB - s.radiusB * s.radiusB);
  if (discriminantB > 0) nearest = Math.min(nearest, (-odB - Math.sqrt(discriminantB)) / dd);
  // The cone's surface is ρ·cos + y·sin = radiusA, with ρ the distance from the axis.
  const cc = s.cos * s.cos;
  const rest = s.radiusA - oy * s.sin;
  const a = cc * (dx * dx + dz * dz) - s.sin * s.sin * dy * dy;
  const b = cc * (ox * dx + oz * dz) + s.sin * dy * rest;
  const c = cc * (ox * ox + oz * oz) - rest * rest;
  const discriminant = b * b - a * c;
  if (discriminant <= 0) return nearest;
  const low = s.radiusA * s.sin;
  const high = s.length + s.radiusB * s.sin;
  const root = Math.sqrt(discriminant);
  const t1 = (-b - root) / a;
  const y1 = oy + t1 * dy;
  if (t1 < nearest && y1 > low && y1 < high) nearest = t1;
  const t2 = (-b + root) / a;
  const y2 = oy + t2 * dy;
  if (t2 < nearest && y2 > low && y2 < high) nearest = t2;
  return nearest;
}

/**
 * The outward normal of the shape's surface nearest to a world point, and how far the point is from that surface
 * (metres, negative inside; exact where the frame is not stretched). Writes x, y, z, distance to `out`.
 */
export function surfaceNear(s: Shape, point: Vec3, out: Float64Array): void {
  const wx = point.x - s.origin.x;
  const wy = point.y - s.origin.y;
  const wz = point.z - s.origin.z;
  const lx = s.x.x * wx + s.x.y * wy + s.x.z * wz;
  const ly = s.y.x * wx + s.y.y * wy + s.y.z * wz;
  const lz = s.z.x * wx + s.z.y * wy + s.z.z * wz;
  const rho = Math.sqrt(lx * lx + lz * lz);
  // Where the perpendicular of the cone's slope through the point meets the axis.
  const along = s.length === 0 ? 0 : Math.min(s.length, Math.max(0, ly - (rho * s.sin) / (s.cos || 1)));
  const radius = s.length === 0 ? s.radiusA : s.radiusA + ((s.radiusB - s.radiusA) * along) / s.length;
  const my = ly - along;
  const local = Math.sqrt(rho * rho + my * my);
  // The slope's normal leans by sin along the axis; on the end spheres it points from their centre.
  const nx = s.x.x * lx + s.y.x * my + s.z.x * lz;
  const ny = s.x.y * lx + s.y.y * my + s.z.y * lz;
  const nz = s.x.z * lx + s.y.z * my + s.z.z * lz;
  const size = Math.sqrt(nx * nx + ny * ny + nz * nz) || 1;
  out[0] = nx / size;
  out[1] = ny / size;
  out[2] = nz / size;
  out[3] = (local - radius) * s.unit;
}
