import { type Backdrop, renderBackdrop } from './backdrop.js';
import { BodyPainter } from './body-painter.js';
import { Camera } from './camera.js';
import { FloorShadow } from './floor-shadow.js';
import { type Seen, type TruthFrame, truthOf } from './ground-truth.js';
import { Layer, NO_SHAPE, SAMPLES } from './layer.js';
import { type Person, type Posture, postureAt } from './person.js';
import { Picture } from './picture.js';
import { type Vec3, vec } from './vector.js';

export interface RendererOptions {
  readonly width: number;
  readonly height: number;
  readonly people: readonly Person[];
  readonly seed: number;
}

export interface RenderedFrame {
  /** RGB, 8 bits a channel, rows packed. Overwritten by the next frame. */
  readonly pixels: Uint8Array;
  readonly truth: TruthFrame;
}

/** Where the viewer stands: eye height, looking slightly down. */
export function roomCamera(width: number, height: number): Camera {
  return new Camera({
    width,
    height,
    position: vec(0, 1.5, 0),
    target: vec(0, 0.98, 5),
    view: (55 * Math.PI) / 180,
  });
}

/** One person while a frame is drawn. */
interface Actor {
  readonly posture: Posture;
  readonly layer: Layer;
  readonly painter: BodyPainter;
  samples: number;
  covered: number;
}

/** Renders frames of the scene, and the truth about each. */
export class Renderer {
  readonly camera: Camera;
  private readonly people: readonly Person[];
  private readonly layers: readonly Layer[];
  private readonly backdrop: Backdrop;
  private readonly picture: Picture;
  private readonly sum = new Float64Array(3);

  constructor(options: RendererOptions) {
    const { width, height, people } = options;
    this.camera = roomCamera(width, height);
    this.people = people;
    this.layers = people.map(() => new Layer(width, height));
    this.backdrop = renderBackdrop(this.camera);
    this.picture = new Picture(this.backdrop.colour, options);
  }

  /** The scene `t` seconds into the clip; `index` picks the frame's noise. */
  render(t: number, index: number): RenderedFrame {
    const actors = this.people.map((person, at) => this.actorAt(person, this.layers[at], t));
    const visible = actors.filter(({ layer }) => layer.used.left < layer.used.right);
    this.picture.restore();
    const shadow = new FloorShadow(this.camera, this.backdrop);
    shadow.cast(
      actors.map((actor) => actor.posture),
      this.picture,
    );
    this.picture.roomIsDone();
    for (const actor of visible) this.compose(actor, visible);
    const seen: Seen[] = actors.map((actor) => ({
      posture: actor.posture,
      layer: actor.layer,
      covered: actor.covered / Math.max(1, actor.samples),
    }));
    return { pixels: this.picture.finish(index), truth: truthOf(this.camera, seen) };
  }

  private actorAt(person: Person, layer: Layer | undefined, t: number): Actor {
    if (layer === undefined) throw new RangeError(`renderer: no layer for person ${person.id}`);
    const posture = postureAt(person, t);
    layer.draw(posture.figure.shapes, this.camera);
    return { posture, layer, painter: new BodyPainter(this.camera, posture), samples: 0, covered: 0 };
  }

  /** Adds one person's samples, where nobody nearer covers them, to the picture. */
  private compose(actor: Actor, everybody: readonly Actor[]): void {
    const { used } = actor.layer;
    const others = everybody.filter((other) => other !== actor && overlaps(other.layer, actor.layer));
    for (let y = used.top; y < used.bottom; y++) {
      for (let x = used.left; x < used.right; x++) {
        const weight = this.paintPixel(actor, others, x, y);
        if (weight > 0) this.picture.cover(y * this.camera.width + x, this.sum, weight);
      }
    }
  }

  /** Sums the light of the pixel's visible samples; returns which part of the pixel they fill. */
  private paintPixel(actor: Actor, others: readonly Actor[], x: number, y: number): number {
    const { layer, painter } = actor;
    const { sum } = this;
    sum.fill(0);
    let weight = 0;
    let painted = NO_SHAPE;
    const share = 1 / (SAMPLES * SAMPLES);
    for (let row = y * SAMPLES; row < (y + 1) * SAMPLES; row++) {
      for (let column = x * SAMPLES; column < (x + 1) * SAMPLES; column++) {
        const at = row * layer.width * SAMPLES + column;
        const index = layer.shape[at] as number;
        if (index === NO_SHAPE) continue;
        actor.samples++;
        const depth = layer.depth[at] as number;
        if (others.some((other) => (other.layer.depth[at] as number) < depth)) {
          actor.covered++;
          continue;
        }
        // One shape's light hardly changes within a pixel: its first sample there stands for all.
        if (index !== painted) painter.paint(index, this.rayAt(column, row), depth);
        painted = index;
        weight += share;
        for (let channel = 0; channel < 3; channel++) {
          sum[channel] = (sum[channel] as number) + share * (painter.colour[channel] as number);
        }
      }
    }
    return weight;
  }

  private rayAt(column: number, row: number): Vec3 {
    return this.camera.ray((column + 0.5) / SAMPLES, (row + 0.5) / SAMPLES);
  }
}

function overlaps({ used: a }: Layer, { used: b }: Layer): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
