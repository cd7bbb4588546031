import type { Camera } from './camera.js';
import { Layer, NO_SHAPE, SAMPLES } from './layer.js';
import { type LightAt, shade } from './light.js';
import { plantShapes } from './plant.js';
import { roomLight, surfaceAlong } from './room.js';
import { surfaceNear } from './shape.js';
import { normalize, scale, vec } from './vector.js';

/** The empty room, rendered once. All colours are linear light, three numbers a pixel. */
export interface Backdrop {
  /** The room as it is when nobody shades it. */
  readonly colour: Float32Array;
  /** The part of `colour` that the key light gives; what is left is light from all around. */
  readonly keyPart: Float32Array;
  /** World x and z of the floor seen at a pixel; NaN where something else is seen. */
  readonly floorX: Float32Array;
  readonly floorZ: Float32Array;
}

const NO_LIGHT: LightAt = { key: 0, ambient: 1 };

export function renderBackdrop(camera: Camera): Backdrop {
  const { width, height } = camera;
  const backdrop: Backdrop = {
    colour: new Float32Array(width * height * 3),
    keyPart: new Float32Array(width * height * 3),
    floorX: new Float32Array(width * height).fill(Number.NaN),
    floorZ: new Float32Array(width * height).fill(Number.NaN),
  };
  const painter = new SamplePainter(camera);
  const samples = SAMPLES * SAMPLES;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      for (let sample = 0; sample < samples; sample++) {
        const column = x * SAMPLES + (sample % SAMPLES);
        const row = y * SAMPLES + Math.floor(sample / SAMPLES);
        painter.paint(column, row);
        for (let channel = 0; channel < 3; channel++) {
          const at = pixel * 3 + channel;
          backdrop.colour[at] = (backdrop.colour[at] as number) + (painter.lit[channel] as number) / samples;
          backdrop.keyPart[at] =
            (backdrop.keyPart[at] as number) + (painter.key[channel] as number) / samples;
        }
      }
      if (painter.onFloor) {
        backdrop.floorX[pixel] = painter.floorX;
        backdrop.floorZ[pixel] = painter.floorZ;
      }
    }
  }
  return backdrop;
}

/** Finds what one sample of the empty room shows, and its light. */
class SamplePainter {
  readonly lit = new Float64Array(3);
  readonly key = new Float64Array(3);
  onFloor = false;
  floorX = 0;
  floorZ = 0;
  private readonly camera: Camera;
  private readonly plant = plantShapes();
  private readonly layer: Layer;
  private readonly light: LightAt = { key: 1, ambient: 1 };
  private readonly around = new Float64Array(3);
  private readonly surface = new Float64Array(4);

  constructor(camera: Camera) {
    this.camera = camera;
    this.layer = new Layer(camera.width, camera.height);
    this.layer.draw(this.plant, camera);
  }

  /** Sample coordinates: column and row of the picture's samples. */
  paint(column: number, row: number): void {
    const { camera, layer, light } = this;
    const ray = camera.ray((column + 0.5) / SAMPLES, (row + 0.5) / SAMPLES);
    const at = row * camera.width * SAMPLES + column;
    const seen = surfaceAlong(camera.position, ray, 1 / camera.focal);
    const index = layer.shape[at] as number;
    const depth = layer.depth[at] as number;
    let { colour, normal, glow, point } = seen;
    let shine = 0;
    this.onFloor = false;
    const leaf = index === NO_SHAPE ? undefined : this.plant[index];
    if (leaf !== undefined && depth < seen.depth) {
      const { position } = camera;
      point = vec(position.x + ray.x * depth, position.y + ray.y * depth, position.z + ray.z * depth);
      surfaceNear(leaf, point, this.surface);
      normal = vec(this.surface[0] as number, this.surface[1] as number, this.surface[2] as number);
      colour = leaf.material.colour;
      shine = leaf.material.shine;
      glow = 0;
    } else if (normal.y > 0.5 && point.y < 1e-6) {
      this.onFloor = true;
      this.floorX = point.x;
      this.floorZ = point.z;
    }
    roomLight({ point, normal }, light);
    const towardsViewer = normalize(scale(ray, -1));
    shade({ colour, shine, normal, towardsViewer }, light, this.lit);
    shade({ colour, shine, normal, towardsViewer }, { ...NO_LIGHT, ambient: light.ambient }, this.around);
    for (let channel = 0; channel < 3; channel++) {
      this.key[channel] = (this.lit[channel] as number) - (this.around[channel] as number);
      const own = glow * (channel === 0 ? colour.x : channel === 1 ? colour.y : colour.z);
      this.lit[channel] = (this.lit[channel] as number) * (1 - glow * 0.5) + own;
    }
  }
}
