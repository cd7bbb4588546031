import type { Instance, Keypoint } from '../pose/instance.js';
import type { Skeleton } from '../pose/skeletons.js';
import { type Colour, loadOpencv, type Mat, type Opencv, type Point } from './opencv.js';

export interface DrawSkeletonOptions {
  /** Keypoints below this score are left out; 0.1 by default. */
  readonly minScore?: number;
}

type Side = 'left' | 'right' | 'middle';

/** Blue, green, red. Told apart by people who see no red or green, too. */
const sideColours: Readonly<Record<Side, readonly [number, number, number]>> = {
  left: [255, 170, 40],
  right: [40, 130, 255],
  middle: [235, 235, 235],
};
const outlineColour = [40, 30, 25] as const;

/** OpenCV draws with whole numbers; these bits of them are a fraction, so that slow movements do not jump. */
const fractionBits = 4;
const fraction = 2 ** fractionBits;

/** How thick what is, in pixels of the picture. */
interface Pen {
  readonly limb: number;
  readonly face: number;
  readonly joint: number;
  readonly outline: number;
}

/**
 * Draws people on a BGR picture: limbs coloured by the person's own left and right, joints, and the id where there is
 * one. Keypoints are in the picture's pixels. Line widths follow the size of the person and of the picture.
 */
export function drawSkeletons(
  picture: Mat,
  instances: readonly Instance[],
  skeleton: Skeleton,
  options: DrawSkeletonOptions = {},
): void {
  const { minScore = 0.1 } = options;
  for (const instance of instances) {
    const keypoints = instance.keypoints.map((keypoint) =>
      keypoint !== null && keypoint.score >= minScore ? keypoint : null,
    );
    new PersonDrawing(picture, keypoints, skeleton).draw(instance.id);
  }
}

class PersonDrawing {
  readonly #cv: Opencv = loadOpencv();
  readonly #picture: Mat;
  readonly #keypoints: readonly (Keypoint | null)[];
  readonly #skeleton: Skeleton;
  readonly #pen: Pen;

  constructor(picture: Mat, keypoints: readonly (Keypoint | null)[], skeleton: Skeleton) {
    this.#picture = picture;
    this.#keypoints = keypoints;
    this.#skeleton = skeleton;
    this.#pen = penFor(picture, keypoints);
  }

  draw(id: number | null): void {
    // All outlines first: otherwise that of one limb would cut through another.
    this.#limbs(true);
    this.#joints(true);
    this.#limbs(false);
    this.#joints(false);
    if (id !== null) this.#label(String(id));
  }

  #limbs(outline: boolean): void {
    for (const [from, to] of this.#skeleton.limbs) {
      const a = this.#keypoints[from];
      const b = this.#keypoints[to];
      if (a == null || b == null) continue;
      const names = [this.#name(from), this.#name(to)];
      const width = names.every(isFace) ? this.#pen.face : this.#pen.limb;
      this.#picture.drawLine(this.#point(a), this.#point(b), {
        color: this.#colour(outline ? outlineColour : sideColours[sideOf(names)]),
        thickness: Math.max(1, Math.round(outline ? width + 2 * this.#pen.outline : width)),
        lineType: this.#cv.LINE_AA,
        shift: fractionBits,
      });
    }
  }

  #joints(outline: boolean): void {
    this.#keypoints.forEach((keypoint, index) => {
      if (keypoint === null) return;
      const name = this.#name(index);
      const radius = isFace(name) ? this.#pen.joint * 0.6 : this.#pen.joint;
      this.#disc(
        keypoint,
        outline ? radius + this.#pen.outline : radius,
        outline ? outlineColour : [255, 255, 255],
      );
      if (!outline) this.#disc(keypoint, radius * 0.62, sideColours[sideOf([name])]);
    });
  }

  #disc(at: Keypoint, radius: number, colour: readonly [number, number, number]): void {
    this.#picture.drawCircle(this.#point(at), Math.max(1, Math.round(radius * fraction)), {
      color: this.#colour(colour),
      thickness: -1,
      lineType: this.#cv.LINE_AA,
      shift: fractionBits,
    });
  }

  /** Above the highest keypoint, kept inside the picture. */
  #label(text: string): void {
    const present = this.#keypoints.filter((keypoint) => keypoint !== null);
    const top = present.reduce<Keypoint | undefined>(
      (a, b) => (a === undefined || b.y < a.y ? b : a),
      undefined,
    );
    if (top === undefined) return;
    const cv = this.#cv;
    const scale = Math.max(0.35, this.#pen.limb * 0.13);
    const thickness = Math.max(1, Math.round(scale * 1.8));
    const { size, baseLine } = cv.getTextSize(text, cv.FONT_HERSHEY_SIMPLEX, scale, thickness);
    const pad = Math.round(baseLine * 0.6) + 1;
    const clamp = (value: number, max: number): number =>
      Math.round(Math.min(Math.max(value, 0), Math.max(0, max)));
    const width = size.width + 2 * pad;
    const height = size.height + 2 * pad;
    const left = clamp(top.x - width / 2, this.#picture.cols - width);
    const upper = clamp(top.y - height - 4 * this.#pen.limb, this.#picture.rows - height);
    this.#picture.drawRectangle(
      new cv.Point2(left, upper),
      new cv.Point2(left + width - 1, upper + height - 1),
      {
        color: this.#colour(outlineColour),
        thickness: -1,
      },
    );
    const origin = new cv.Point2(left + pad, upper + pad + size.height);
    this.#picture.putText(text, origin, cv.FONT_HERSHEY_SIMPLEX, scale, {
      color: this.#colour([255, 255, 255]),
      thickness,
      lineType: cv.LINE_AA,
    });
  }

  #name(index: number): string {
    return this.#skeleton.keypoints[index] ?? '';
  }

  #point(keypoint: Keypoint): Point {
    return new this.#cv.Point2(Math.round(keypoint.x * fraction), Math.round(keypoint.y * fraction));
  }

  #colour([blue, green, red]: readonly [number, number, number]): Colour {
    return new this.#cv.Vec3(blue, green, red);
  }
}

function penFor(picture: Mat, keypoints: readonly (Keypoint | null)[]): Pen {
  const diagonal = Math.hypot(picture.cols, picture.rows);
  const xs = keypoints.flatMap((keypoint) => (keypoint === null ? [] : [keypoint.x]));
  const ys = keypoints.flatMap((keypoint) => (keypoint === null ? [] : [keypoint.y]));
  const extent =
    xs.length === 0 ? 0 : Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const limb = Math.max(1.5, Math.min(Math.max(extent * 0.014, diagonal * 0.002), diagonal * 0.006));
  return { limb, face: limb * 0.6, joint: limb * 0.95, outline: Math.max(0.5, limb * 0.28) };
}

function sideOf(names: readonly string[]): Side {
  if (names.some((name) => name.startsWith('left_'))) return 'left';
  return names.some((name) => name.startsWith('right_')) ? 'right' : 'middle';
}

function isFace(name: string): boolean {
  return name === 'nose' || /_(eye|ear|eye_inner|eye_outer)$/.test(name) || /mouth/.test(name);
}
