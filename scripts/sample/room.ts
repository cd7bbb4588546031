import { type Blocker, blocker, type LightAt, lightLeft, type Spot } from './light.js';
import { linear } from './look.js';
import { noiseAt, smoothNoise } from './random.js';
import { mix, scale, smoothstep, type Vec3, vec } from './vector.js';

/** Distance of the back wall, metres. */
export const WALL = 8.3;

/** What a ray meets: the colour of the surface, its normal, and where. */
export interface Surface {
  readonly depth: number;
  readonly point: Vec3;
  readonly normal: Vec3;
  readonly colour: Vec3;
  /** Light of its own (the sky in the window), linear. */
  readonly glow: number;
}

interface Box {
  readonly low: Vec3;
  readonly high: Vec3;
  readonly colour: Vec3;
}

const PAINT = linear('#c9cfc4');
const TRIM = linear('#efece4');
const OAK = linear('#b98d5f');
const WALNUT = linear('#7a5336');
const RUG = linear('#8fa0a8');
const RUG_EDGE = linear('#dfd9cc');

const box = (low: Vec3, high: Vec3, colour: Vec3): Box => ({ low, high, colour });

/** Furniture that stands along the wall, behind everybody. */
export const BOXES: readonly Box[] = [
  box(vec(1.0, 0.14, 7.75), vec(2.9, 0.72, 8.28), WALNUT),
  box(vec(1.02, 0.16, 7.74), vec(1.63, 0.7, 7.76), scale(WALNUT, 1.15)),
  box(vec(1.65, 0.16, 7.74), vec(2.25, 0.7, 7.76), scale(WALNUT, 1.15)),
  box(vec(2.27, 0.16, 7.74), vec(2.88, 0.7, 7.76), scale(WALNUT, 1.15)),
  box(vec(1.1, 0, 7.8), vec(1.16, 0.14, 7.86), scale(WALNUT, 0.6)),
  box(vec(2.74, 0, 7.8), vec(2.8, 0.14, 7.86), scale(WALNUT, 0.6)),
  box(vec(1.25, 0.72, 7.95), vec(1.31, 0.99, 8.2), linear('#b5523c')),
  box(vec(1.31, 0.72, 7.95), vec(1.36, 0.95, 8.2), linear('#d9c9a3')),
  box(vec(1.36, 0.72, 7.95), vec(1.43, 1.0, 8.2), linear('#3f5e73')),
  box(vec(1.43, 0.72, 7.95), vec(1.47, 0.93, 8.2), linear('#e4e0d5')),
];

/** Where light does not reach the floor and the wall well: the sideboard and the plant pot. */
const SHADES: readonly Blocker[] = [
  blocker(vec(1.2, 0.42, 8.0), vec(2.7, 0.42, 8.0), 0.3),
  blocker(vec(-1.25, 0.1, 7.75), vec(-1.25, 0.35, 7.75), 0.17),
];

/** The nearest of floor, wall and boxes along a ray from the camera; `footprint` is a pixel's width at one metre. */
export function surfaceAlong(from: Vec3, ray: Vec3, footprint: number): Surface {
  const toFloor = ray.y < 0 ? -from.y / ray.y : Number.POSITIVE_INFINITY;
  const toWall = (WALL - from.z) / ray.z;
  let nearest = Math.min(toFloor, toWall);
  let hit: Box | undefined;
  for (const candidate of BOXES) {
    const depth = boxDepth(candidate, from, ray);
    if (depth < nearest) {
      nearest = depth;
      hit = candidate;
    }
  }
  const point = vec(from.x + ray.x * nearest, from.y + ray.y * nearest, from.z + ray.z * nearest);
  if (hit !== undefined)
    return { depth: nearest, point, normal: faceOf(hit, point), colour: hit.colour, glow: 0 };
  if (nearest === toFloor) {
    return {
      depth: nearest,
      point,
      normal: vec(0, 1, 0),
      colour: floorColour(point.x, point.z, footprint * nearest),
      glow: 0,
    };
  }
  return { depth: nearest, point, normal: vec(0, 0, -1), ...wallColour(point.x, point.y) };
}

function boxDepth({ low, high }: Box, from: Vec3, ray: Vec3): number {
  const ax = (low.x - from.x) / ray.x;
  const bx = (high.x - from.x) / ray.x;
  const ay = (low.y - from.y) / ray.y;
  const by = (high.y - from.y) / ray.y;
  const az = (low.z - from.z) / ray.z;
  const bz = (high.z - from.z) / ray.z;
  const enter = Math.max(0, Math.min(ax, bx), Math.min(ay, by), Math.min(az, bz));
  const leave = Math.min(Math.max(ax, bx), Math.max(ay, by), Math.max(az, bz));
  return enter < leave ? enter : Number.POSITIVE_INFINITY;
}

function faceOf({ low, high }: Box, point: Vec3): Vec3 {
  if (point.y > high.y - 1e-6) return vec(0, 1, 0);
  if (point.x < low.x + 1e-6) return vec(-1, 0, 0);
  if (point.x > high.x - 1e-6) return vec(1, 0, 0);
  return vec(0, 0, -1);
}

/** Boards that run towards the wall, and a rug on them. */
function floorColour(x: number, z: number, footprint: number): Vec3 {
  const rug = rugColour(x, z, footprint);
  if (rug !== undefined) return rug;
  const WIDTH = 0.19;
  const board = Math.floor(x / WIDTH);
  const LENGTH = 1.7;
  const shifted = z / LENGTH + noiseAt(board, 7) * 3;
  const piece = Math.floor(shifted);
  const tone = 0.86 + 0.26 * noiseAt(board * 31 + piece, 11);
  const grain = 0.95 + 0.1 * smoothNoise(x * 90 + 40 * piece, z * 3 + board);
  const gapX = Math.abs(x / WIDTH - Math.round(x / WIDTH)) * WIDTH;
  const gapZ = Math.abs(shifted - Math.round(shifted)) * LENGTH;
  const seam = 1 - 0.35 * (1 - smoothstep(0.002, 0.004 + footprint, Math.min(gapX, gapZ)));
  return scale(OAK, tone * grain * seam);
}

function rugColour(x: number, z: number, footprint: number): Vec3 | undefined {
  const across = Math.abs(x + 0.1) - 1.75;
  const deep = Math.abs(z - 5.35) - 0.95;
  const edge = Math.max(across, deep);
  if (edge > 0) return undefined;
  const weave = 0.96 + 0.08 * smoothNoise(x * 60, z * 60);
  const line = 1 - smoothstep(0.02, 0.03 + footprint, Math.abs(edge + 0.12));
  return scale(mix(RUG, RUG_EDGE, line), weave);
}

/** Paint, a skirting board, a window and a picture. */
function wallColour(x: number, y: number): { colour: Vec3; glow: number } {
  if (y < 0.12) return { colour: y > 0.11 ? scale(TRIM, 0.7) : TRIM, glow: 0 };
  const window = windowColour(x, y);
  if (window !== undefined) return window;
  const picture = pictureColour(x, y);
  if (picture !== undefined) return { colour: picture, glow: 0 };
  return { colour: scale(PAINT, 0.985 + 0.03 * smoothNoise(x * 5, y * 5)), glow: 0 };
}

function windowColour(x: number, y: number): { colour: Vec3; glow: number } | undefined {
  const left = x + 3.45;
  const low = y - 0.95;
  const WIDE = 1.75;
  const HIGH = 1.5;
  if (left < -0.08 || left > WIDE + 0.08 || low < -0.1 || low > HIGH + 0.08) return undefined;
  const bar = Math.min(Math.abs(left - WIDE / 2), Math.abs(low - HIGH * 0.62));
  if (left < 0 || left > WIDE || low < 0 || low > HIGH || bar < 0.025) {
    return { colour: low < -0.03 ? scale(TRIM, 0.95) : TRIM, glow: 0.05 };
  }
  const hills = 0.42 + 0.07 * Math.sin(x * 3.1) + 0.04 * Math.sin(x * 7.3 + 1);
  const sky = mix(linear('#e9f1f4'), linear('#9cc3e0'), smoothstep(0.3, HIGH, low));
  return { colour: mix(linear('#86a678'), sky, smoothstep(hills - 0.03, hills + 0.03, low)), glow: 0.75 };
}

/** Coloured hills in a frame. */
function pictureColour(x: number, y: number): Vec3 | undefined {
  const left = x - 1.35;
  const low = y - 1.42;
  const WIDE = 1.1;
  const HIGH = 0.72;
  if (left < 0 || left > WIDE || low < 0 || low > HIGH) return undefined;
  const border = Math.min(left, WIDE - left, low, HIGH - low);
  if (border < 0.03) return scale(WALNUT, 0.8);
  if (border < 0.1) return TRIM;
  const sun = Math.hypot(left - 0.75, low - 0.47);
  if (low < 0.26 + 0.05 * Math.sin(left * 6)) return linear('#44665c');
  if (low < 0.36 + 0.06 * Math.sin(left * 4 + 2)) return linear('#8a9c6e');
  return sun < 0.07 ? linear('#e8955a') : linear('#ecd9b4');
}

/** How light lies in the room: brighter near the window, darker in the corners and under the furniture. */
export function roomLight(spot: Spot, out: LightAt): void {
  const { point, normal } = spot;
  lightLeft(spot, SHADES, out);
  const corner = normal.y > 0.5 ? WALL - point.z : point.y;
  const dim = 1 - 0.3 * Math.exp(-Math.max(0, corner) / 0.35);
  const pool = Math.exp(-((point.x + 1.6) ** 2 / 9 + (point.z - 5.5) ** 2 / 9 + (point.y - 0.8) ** 2 / 6));
  out.ambient *= dim * (0.82 + 0.3 * pool);
  out.key *= dim * (0.62 + 0.4 * pool);
}
