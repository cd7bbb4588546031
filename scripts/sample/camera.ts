import { add, cross, dot, normalize, scale, subtract, type Vec3, vec } from './vector.js';

export interface CameraOptions {
  /** Picture size in pixels. */
  readonly width: number;
  readonly height: number;
  readonly position: Vec3;
  readonly target: Vec3;
  /** Angle of view across the picture's width, radians. */
  readonly view: number;
}

/**
 * A pinhole camera. Picture coordinates have their origin at the outer corner of the top-left pixel, so that the
 * centre of that pixel is (0.5, 0.5); x to the right, y down.
 */
export class Camera {
  readonly width: number;
  readonly height: number;
  readonly position: Vec3;
  readonly right: Vec3;
  readonly up: Vec3;
  readonly front: Vec3;
  /** Focal length in pixels. */
  readonly focal: number;

  constructor(options: CameraOptions) {
    this.width = options.width;
    this.height = options.height;
    this.position = options.position;
    this.front = normalize(subtract(options.target, options.position));
    this.right = normalize(cross(vec(0, 1, 0), this.front));
    this.up = cross(this.front, this.right);
    this.focal = options.width / 2 / Math.tan(options.view / 2);
  }

  /** `depth` is the distance along the line of sight, metres; x and y mean nothing where it is not positive. */
  project(point: Vec3): { x: number; y: number; depth: number } {
    const offset = subtract(point, this.position);
    const depth = dot(offset, this.front);
    return {
      x: this.width / 2 + (this.focal * dot(offset, this.right)) / depth,
      y: this.height / 2 - (this.focal * dot(offset, this.up)) / depth,
      depth,
    };
  }

  /** Direction through a picture point, as long as one metre of depth: position + depth * ray is the point seen. */
  ray(x_img: number, y_img: number): Vec3 {
    const sideways = scale(this.right, (x_img - this.width / 2) / this.focal);
    const upwards = scale(this.up, (this.height / 2 - y_img) / this.focal);
    return add(this.front, add(sideways, upwards));
  }
}
