import type { Camera } from './camera.js';
import { entryDepth, type Shape } from './shape.js';
import { dot, scale, subtract, type Vec3 } from './vector.js';

/** Samples a pixel and direction: 2 means 4 samples a pixel. */
export const SAMPLES = 2;

/** A rectangle of pixels: left and top inside, right and bottom outside. */
export interface Rect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const NEAR = 0.1;
export const NO_SHAPE = 0xffff;

/** What one body looks like from the camera: at each sample the nearest of its shapes, and how deep it lies. */
export class Layer {
  readonly width: number;
  readonly height: number;
  /** Of the samples, in rows of width * SAMPLES; Infinity where nothing is. */
  readonly depth: Float32Array;
  /** Index into the shapes drawn last; NO_SHAPE where nothing is. */
  readonly shape: Uint16Array;
  /** The pixels that may hold something. */
  readonly used: Rect = { left: 0, top: 0, right: 0, bottom: 0 };
  /** True if a shape reaches beyond the picture's border. */
  cut = false;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    const samples = width * height * SAMPLES * SAMPLES;
    this.depth = new Float32Array(samples).fill(Number.POSITIVE_INFINITY);
    this.shape = new Uint16Array(samples).fill(NO_SHAPE);
  }

  /** Clears what was drawn before and draws the shapes. */
  draw(shapes: readonly Shape[], camera: Camera): void {
    this.clear();
    this.cut = false;
    const used = this.used;
    used.left = this.width;
    used.top = this.height;
    used.right = 0;
    used.bottom = 0;
    for (const [index, shape] of shapes.entries()) {
      const bounds = boundsOf(shape, camera);
      if (bounds === undefined) continue;
      if (bounds.left < 0 || bounds.top < 0 || bounds.right > this.width || bounds.bottom > this.height) {
        this.cut = true;
      }
      const rect = {
        left: Math.max(0, Math.floor(bounds.left)),
        top: Math.max(0, Math.floor(bounds.top)),
        right: Math.min(this.width, Math.ceil(bounds.right)),
        bottom: Math.min(this.height, Math.ceil(bounds.bottom)),
      };
      if (rect.left >= rect.right || rect.top >= rect.bottom) continue;
      used.left = Math.min(used.left, rect.left);
      used.top = Math.min(used.top, rect.top);
      used.right = Math.max(used.right, rect.right);
      used.bottom = Math.max(used.bottom, rect.bottom);
      this.drawShape(shape, index, rect, camera);
    }
  }

  private clear(): void {
    const { left, top, right, bottom } = this.used;
    const stride = this.width * SAMPLES;
    for (let row = top * SAMPLES; row < bottom * SAMPLES; row++) {
      this.depth.fill(
        Number.POSITIVE_INFINITY,
        row * stride + left * SAMPLES,
        row * stride + right * SAMPLES,
      );
      this.shape.fill(NO_SHAPE, row * stride + left * SAMPLES, row * stride + right * SAMPLES);
    }
  }

  private drawShape(shape: Shape, index: number, rect: Rect, camera: Camera): void {
    const local = (v: Vec3): [number, number, number] => [dot(shape.x, v), dot(shape.y, v), dot(shape.z, v)];
    const [ox, oy, oz] = local(subtract(camera.position, shape.origin));
    const [stepX, stepY, stepZ] = local(scale(camera.right, 1 / camera.focal / SAMPLES));
    const stride = this.width * SAMPLES;
    for (let row = rect.top * SAMPLES; row < rect.bottom * SAMPLES; row++) {
      const first = camera.ray(rect.left + 0.5 / SAMPLES, (row + 0.5) / SAMPLES);
      let [dx, dy, dz] = local(first);
      const end = row * stride + rect.right * SAMPLES;
      for (let at = row * stride + rect.left * SAMPLES; at < end; at++) {
        const depth = entryDepth(shape, ox, oy, oz, dx, dy, dz);
        if (depth < (this.depth[at] as number) && depth > NEAR) {
          this.depth[at] = depth;
          this.shape[at] = index;
        }
        dx += stepX;
        dy += stepY;
        dz += stepZ;
      }
    }
  }
}

/** The rectangle (picture coordinates, not clipped) that encloses a shape; undefined behind the camera. */
export function boundsOf(shape: Shape, camera: Camera): Rect | undefined {
  const a = sphereBounds(shape.origin, shape.reachA, camera);
  if (shape.length === 0 || a === undefined) return a;
  const b = sphereBounds(shape.end, shape.reachB, camera);
  if (b === undefined) return undefined;
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

function sphereBounds(centre: Vec3, radius: number, camera: Camera): Rect | undefined {
  const offset = subtract(centre, camera.position);
  const depth = dot(offset, camera.front);
  if (depth <= radius + NEAR) return undefined;
  const [left, right] = tangents(dot(offset, camera.right), depth, radius);
  const [below, above] = tangents(dot(offset, camera.up), depth, radius);
  return {
    left: camera.width / 2 + camera.focal * left,
    right: camera.width / 2 + camera.focal * right,
    top: camera.height / 2 - camera.focal * above,
    bottom: camera.height / 2 - camera.focal * below,
  };
}

/** Slopes of the two lines from the camera that touch a circle, in the plane of one picture axis and the depth. */
function tangents(offset: number, depth: number, radius: number): [number, number] {
  const reach = radius * Math.sqrt(offset * offset + depth * depth - radius * radius);
  const divisor = depth * depth - radius * radius;
  return [(offset * depth - reach) / divisor, (offset * depth + reach) / divisor];
}
