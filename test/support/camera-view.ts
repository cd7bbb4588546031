import type { CameraPictureConfig } from '../../src/config/schema.js';

type Turn = Pick<CameraPictureConfig, 'rotate' | 'flip'>;
type Place = readonly [number, number];

/** Where a place of the upright picture, of size w x h, lies in the picture as the camera delivers it. By hand. */
const turned = {
  0: (u: number, v: number): Place => [u, v],
  90: (u: number, v: number, w: number): Place => [v, w - u],
  180: (u: number, v: number, w: number, h: number): Place => [w - u, h - v],
  270: (u: number, v: number, _w: number, h: number): Place => [h - v, u],
};
const mirrored = {
  none: (u: number, v: number): Place => [u, v],
  horizontal: (u: number, v: number, w: number): Place => [w - u, v],
  vertical: (u: number, v: number, _w: number, h: number): Place => [u, h - v],
};

/** Every way in which a camera may hang. */
export const turns: readonly Turn[] = ([0, 90, 180, 270] as const).flatMap((rotate) =>
  (['none', 'horizontal', 'vertical'] as const).map((flip) => ({ rotate, flip })),
);

export interface Picture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A frame as a camera delivers it that hangs so, of which an upright picture is a part. */
export interface DeliveredFrame extends Picture {
  /** The configuration that shows the picture. */
  readonly config: CameraPictureConfig;
  /** Where a place of the upright picture lies in the frame. */
  readonly place: (u: number, v: number) => Place;
}

/** `around`: pixels of grey to the left of the picture and above it; half as many on the other sides. */
export function deliver(upright: Picture, turn: Turn, around: Place = [0, 0]): DeliveredFrame {
  const lies = turn.rotate === 90 || turn.rotate === 270;
  const [w, h] = [upright.width, upright.height];
  const part = { width: lies ? h : w, height: lies ? w : h };
  const [left, top] = around;
  const width = part.width + left + left / 2;
  const height = part.height + top + top / 2;
  const place = (u: number, v: number): Place => {
    const [x, y] = turned[turn.rotate](...mirrored[turn.flip](u, v, w, h), w, h);
    return [x + left, y + top];
  };
  const pixels = new Uint8Array(width * height * 3).fill(128);
  for (let v = 0; v < h; v++) {
    for (let u = 0; u < w; u++) {
      const [x, y] = place(u + 0.5, v + 0.5);
      const from = 3 * (v * w + u);
      pixels.set(upright.pixels.subarray(from, from + 3), 3 * (Math.floor(y) * width + Math.floor(x)));
    }
  }
  const all = left === 0 && top === 0;
  const roi = { x: left / width, y: top / height, width: part.width / width, height: part.height / height };
  return { pixels, width, height, place, config: { ...turn, masks: [], ...(all ? {} : { roi }) } };
}
