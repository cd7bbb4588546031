import type { Backdrop } from './backdrop.js';
import type { Camera } from './camera.js';
import { KEY_DIRECTION, type LightAt, lightLeft } from './light.js';
import type { Posture } from './person.js';
import type { Picture } from './picture.js';
import { clamp, vec } from './vector.js';

const UP = vec(0, 1, 0);
/** Metres around the feet that contact darkens. */
const CONTACT = 0.75;

/** Darkens the floor under people and on the side away from the window. */
export class FloorShadow {
  private readonly camera: Camera;
  private readonly backdrop: Backdrop;
  private readonly light: LightAt = { key: 1, ambient: 1 };

  constructor(camera: Camera, backdrop: Backdrop) {
    this.camera = camera;
    this.backdrop = backdrop;
  }

  cast(everybody: readonly Posture[], picture: Picture): void {
    for (const posture of everybody) this.castOne(posture, picture);
  }

  private castOne(posture: Posture, picture: Picture): void {
    const { camera, backdrop, light } = this;
    const area = this.areaOf(posture);
    for (let y = area.top; y < area.bottom; y++) {
      for (let x = area.left; x < area.right; x++) {
        const pixel = y * camera.width + x;
        const floorX = backdrop.floorX[pixel] as number;
        if (Number.isNaN(floorX)) continue;
        const point = vec(floorX, 0, backdrop.floorZ[pixel] as number);
        lightLeft({ point, normal: UP }, posture.figure.blockers, light);
        if (light.key < 0.998 || light.ambient < 0.998) picture.dim(pixel, backdrop, light);
      }
    }
  }

  /** The pixels that the shadow of somebody standing there can reach. */
  private areaOf({ skeleton, size }: Posture): { left: number; top: number; right: number; bottom: number } {
    const { x, z } = skeleton.pelvis.origin;
    const reach = (2.25 * size) / KEY_DIRECTION.y;
    const corners = [];
    for (const cornerX of [x - CONTACT, x + CONTACT - KEY_DIRECTION.x * reach]) {
      for (const cornerZ of [z - CONTACT, z + CONTACT - KEY_DIRECTION.z * reach]) {
        corners.push(this.camera.project(vec(cornerX, 0, Math.max(0.5, cornerZ))));
      }
    }
    const xs = corners.map((corner) => corner.x);
    const ys = corners.map((corner) => corner.y);
    return {
      left: clamp(Math.floor(Math.min(...xs)), 0, this.camera.width),
      right: clamp(Math.ceil(Math.max(...xs)), 0, this.camera.width),
      top: clamp(Math.floor(Math.min(...ys)), 0, this.camera.height),
      bottom: clamp(Math.ceil(Math.max(...ys)), 0, this.camera.height),
    };
  }
}
