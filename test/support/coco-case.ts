import { randomSequence } from '../../scripts/sample/random.js';
import { cocoSigmas } from '../../src/pose/coco-sigmas.js';

export interface CaseAnnotation {
  id: number;
  image_id: number;
  category_id: 1;
  keypoints: number[];
  num_keypoints: number;
  area: number;
  bbox: [number, number, number, number];
  iscrowd: 0 | 1;
}

export interface CaseResult {
  image_id: number;
  category_id: 1;
  keypoints: number[];
  score: number;
}

/** Annotations and results as COCO's tools read them. */
export interface CocoCase {
  annotations: {
    images: { id: number; width: number; height: number; file_name: string }[];
    categories: { id: 1; name: 'person'; keypoints: string[] }[];
    annotations: CaseAnnotation[];
  };
  results: CaseResult[];
}

const names = Object.keys(cocoSigmas);

/** Everything that an evaluation has to decide, at random, the same for the same seed. */
export class CocoCaseMaker {
  readonly #random: () => number;
  #nextId = 1;

  constructor(seed: number) {
    this.#random = randomSequence(seed);
  }

  /** `pictures` with up to `people` annotated in each, and results of somebody who is right now and then. */
  make(pictures: number, people: number): CocoCase {
    const images = Array.from({ length: pictures }, (_, index) => ({
      // Not in the order of their ids, which is the one that counts.
      id: ((index * 7919) % 10_007) + 1,
      width: 640,
      height: 480,
      file_name: `${index}.jpg`,
    }));
    const annotations: CaseAnnotation[] = [];
    const results: CaseResult[] = [];
    for (const { id } of images) {
      const here = Array.from({ length: this.#below(people + 1) }, () => this.#annotation(id));
      // Two people at exactly the same place.
      if (here[0] !== undefined && this.#chance(0.1)) here.push({ ...here[0], id: this.#nextId++ });
      annotations.push(...here);
      for (const annotation of here) {
        for (let times = this.#pick([0, 1, 1, 1, 2]); times > 0; times--) {
          results.push(this.#result(id, annotation));
        }
      }
      // Nobody's; sometimes more people than are looked at.
      for (let more = this.#chance(0.05) ? 25 : this.#below(3); more > 0; more--) {
        results.push(this.#result(id, this.#annotation(id)));
      }
    }
    const categories: CocoCase['annotations']['categories'] = [{ id: 1, name: 'person', keypoints: names }];
    return { annotations: { images, categories, annotations }, results };
  }

  #annotation(image: number): CaseAnnotation {
    // From smaller than `medium` to larger than it, and sometimes exactly at the border.
    const height = 20 * 20 ** this.#random();
    const width = height * (0.3 + 0.5 * this.#random());
    const bbox = [this.#random() * 500, this.#random() * 300, width, height] as CaseAnnotation['bbox'];
    const labelled = this.#pick([0, 0.1, 0.5, 0.9, 1, 1, 1]);
    const keypoints = names.flatMap(() =>
      this.#chance(labelled)
        ? [bbox[0] + width * this.#random(), bbox[1] + height * this.#random(), 1 + this.#below(2)]
        : [0, 0, 0],
    );
    return {
      id: this.#nextId++,
      image_id: image,
      category_id: 1,
      keypoints,
      num_keypoints: keypoints.filter((v, index) => index % 3 === 2 && v > 0).length,
      area: this.#chance(0.1) ? this.#pick([0, 32 ** 2, 96 ** 2]) : width * height * 0.6,
      bbox,
      iscrowd: this.#chance(0.08) ? 1 : 0,
    };
  }

  #result(image: number, like: CaseAnnotation): CaseResult {
    // From right to the pixel to hopeless.
    const error = this.#pick([0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.5]) * Math.sqrt(like.area);
    const missing = this.#pick([0, 0, 0.2, 0.6]);
    const keypoints = names.flatMap((_, k) => {
      if (this.#chance(missing)) return [0, 0, 0];
      const x = like.keypoints[3 * k] as number;
      const y = like.keypoints[3 * k + 1] as number;
      return [x + error * (this.#random() - 0.5), y + error * (this.#random() - 0.5), this.#random()];
    });
    // Few different scores: ties within a picture and between pictures.
    return { image_id: image, category_id: 1, keypoints, score: this.#below(12) / 12 };
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }

  /** A whole number from 0 up to, not including, `limit`. */
  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
