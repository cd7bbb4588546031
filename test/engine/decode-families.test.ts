import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type DecodedInstance, type DecodeOptions, decode } from '../../src/index.js';
import { goldenCase, goldenCases } from '../support/golden-cases.js';
import { type EmbeddingMaps, embeddingTensors } from '../support/golden-embedding-maps.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

type Point = [number, number];
/** Where a box's network input lies in the image: input px / size * scale + centre - scale / 2. */
type ToImage = (point: { x: number; y: number }) => Point;

/** Counts keypoints, and fails where one is further than `limit` pixels from the reference's or one of both is absent. */
class Comparison {
  compared = 0;
  #worst = 0;
  readonly #t: Test;
  readonly #limit: number;

  constructor(t: Test, limit: number) {
    this.#t = t;
    this.#limit = limit;
  }

  keypoint(
    place: string,
    found: { x: number; y: number } | null,
    wanted: Point | null,
    toImage: ToImage,
  ): void {
    this.compared++;
    if (found === null || wanted === null) {
      if (found !== null || wanted !== null) this.#t.fail(`${place}: found ${found}, expected ${wanted}`);
      return;
    }
    const [x, y] = toImage(found);
    const error = Math.hypot(x - wanted[0], y - wanted[1]);
    this.#worst = Math.max(this.#worst, error);
    if (!(error <= this.#limit)) this.#t.fail(`${place}: ${error} px off`);
  }

  score(place: string, found: number, wanted: number, limit: number): void {
    if (!(Math.abs(found - wanted) <= limit)) this.#t.fail(`${place}: score ${found}, expected ${wanted}`);
  }

  end(least: number): void {
    this.#t.ok(this.compared >= least, `${this.compared} keypoints, at least ${least}`);
    this.#t.comment(`largest error ${this.#worst.toExponential(1)} px`);
  }
}

interface EmbeddingGolden extends EmbeddingMaps {
  resize_mode?: 'keep_aspect' | 'letterbox';
  delta: number;
  scale_x: number;
  scale_y: number;
  net_width: number;
  aspect_ratio: number;
  poses: { score: number; keypoints: Point[] }[];
}

function embeddingToImage(golden: EmbeddingGolden): ToImage {
  const { scale_x, scale_y, aspect_ratio, net_width } = golden;
  if (golden.resize_mode !== 'letterbox') return ({ x, y }) => [x * scale_x, y * scale_y];
  const scale = Math.min(scale_x, scale_y);
  const shift = (288 * scale * aspect_ratio - net_width * scale) / 2;
  return ({ x, y }) => [x * scale + shift, y * scale];
}

t.test(
  'associative embedding equals the reference, whichever way the maxima are told',
  { skip: withoutSharedData },
  async (t) => {
    const shared = sharedData();
    const cases = goldenCases<EmbeddingGolden>('associative_embedding');
    const comparison = new Comparison(t, 1e-2);
    for (const { name, golden } of cases) {
      const number = name.split(' ')[1] as string;
      const maps = embeddingTensors(join(shared, 'golden/associative_embedding'), number, golden);
      const { delta } = golden;
      const styles = {
        signed: await decode('associative-embedding', [maps.signedHeatmaps, maps.tags], { delta }),
        suppressed: await decode('associative-embedding', [maps.heatmaps, maps.tags, maps.nmsHeatmaps], {
          delta,
        }),
        plain: await decode('associative-embedding', [maps.heatmaps, maps.tags], { delta, peaks: 'plain' }),
      };
      for (const [style, people] of Object.entries(styles)) {
        t.equal(people.length, golden.poses.length, `${name}, ${style}: people`);
        golden.poses.forEach(({ score, keypoints }, i) => {
          const person = people[i] as DecodedInstance;
          comparison.score(`${name}, ${style}, person ${i}`, person.rawScore, score, 1e-5);
          keypoints.forEach((wanted, k) => {
            const found = person.keypoints[k] ?? null;
            comparison.keypoint(
              `${name}, ${style}, person ${i}, keypoint ${k}`,
              found,
              wanted,
              embeddingToImage(golden),
            );
          });
        });
      }
    }
    comparison.end(3 * 17 * 20);
  },
);

interface BoxGolden {
  center: Point;
  scale: Point;
}

const inputSize: Point = [192, 256];

function boxToImage({ center, scale }: BoxGolden): ToImage {
  const along = (value: number, axis: 0 | 1): number =>
    (value / inputSize[axis]) * scale[axis] + center[axis] - scale[axis] / 2;
  return ({ x, y }) => [along(x, 0), along(y, 1)];
}

interface HeatmapReference {
  keypoints_image: (Point | null)[];
}

interface HeatmapGolden extends BoxGolden {
  scores: number[];
  mmpose_msra_quarter: HeatmapReference;
  mmpose_msra_dark: HeatmapReference;
  mmpose_udp_dark: HeatmapReference;
  alphapose_simple: HeatmapReference & { crop_bbox_xyxy: [number, number, number, number] };
}

const refinements = {
  quarter: 'mmpose_msra_quarter',
  dark: 'mmpose_msra_dark',
  'dark-udp': 'mmpose_udp_dark',
  alphapose: 'alphapose_simple',
} as const;

t.test('top-down heatmaps equal mmpose and AlphaPose', { skip: withoutSharedData }, async (t) => {
  const cases = goldenCases<HeatmapGolden>('topdown_heatmap');
  const comparison = new Comparison(t, 1e-2);
  for (const { name, golden, tensor } of cases) {
    for (const [refine, reference] of Object.entries(refinements)) {
      const [person] = await decode('heatmap', [tensor('heatmaps')], {
        refine: refine as keyof typeof refinements,
      });
      golden.scores.forEach((score, k) => {
        const place = `${name}, ${refine}, keypoint ${k}`;
        const wanted = score > 0 ? (golden[reference].keypoints_image[k] ?? null) : null;
        const found = person?.keypoints[k] ?? null;
        comparison.keypoint(place, found, wanted, boxToImage(golden));
        if (found) comparison.score(place, found.score, score, 1e-6);
      });
    }
  }
  comparison.end(4 * 15 * 17);
});

interface SimccGolden extends BoxGolden {
  mmpose: { keypoints_image: Point[]; scores: number[] };
  rtmlib: { keypoints_image: Point[]; scores: number[] };
}

t.test('SimCC equals mmpose and rtmlib', { skip: withoutSharedData }, async (t) => {
  const cases = goldenCases<SimccGolden>('simcc');
  const comparison = new Comparison(t, 1e-3);
  for (const { name, golden, tensor } of cases) {
    for (const [score, reference] of [
      ['min', golden.mmpose],
      ['mean', golden.rtmlib],
    ] as const) {
      const [person] = await decode('simcc', [tensor('simcc_x'), tensor('simcc_y')], { score });
      reference.scores.forEach((wantedScore, k) => {
        const place = `${name}, ${score}, keypoint ${k}`;
        const wanted = wantedScore > 0 ? (reference.keypoints_image[k] as Point) : null;
        const found = person?.keypoints[k] ?? null;
        comparison.keypoint(place, found, wanted, boxToImage(golden));
        // Scores are limited to 1, maxima are not.
        if (found) comparison.score(place, found.score, Math.min(1, wantedScore), 1e-6);
      });
    }
  }
  comparison.end(2 * 15 * 17);
});

interface TrtPoseGolden {
  image_width: number;
  image_height: number;
  object_count: number;
  object_keypoints_image_xy: Point[][];
}

t.test('trt_pose equals the reference', { skip: withoutSharedData }, async (t) => {
  const cases = goldenCases<TrtPoseGolden>('trt_pose');
  const comparison = new Comparison(t, 1e-5 * 1920);
  for (const { name, golden, tensor } of cases) {
    const people = await decode('trt-pose', [tensor('cmap'), tensor('paf')]);
    t.equal(people.length, golden.object_count, `${name}: people`);
    const toImage: ToImage = ({ x, y }) => [
      (x / (56 * 4)) * golden.image_width,
      (y / (56 * 4)) * golden.image_height,
    ];
    golden.object_keypoints_image_xy.slice(0, golden.object_count).forEach((keypoints, i) => {
      keypoints.forEach((wanted, k) => {
        const found = people[i]?.keypoints[k] ?? null;
        comparison.keypoint(
          `${name}, person ${i}, keypoint ${k}`,
          found,
          wanted[0] < 0 ? null : wanted,
          toImage,
        );
      });
    });
  }
  comparison.end(12 * 18);
});

t.test('a batch has one person a crop, in its order', { skip: withoutSharedData }, async (t) => {
  const one = goldenCase('topdown_heatmap', 0).tensor('heatmaps');
  const other = goldenCase('topdown_heatmap', 1).tensor('heatmaps');
  const both = { ...one, data: Float32Array.of(...one.data, ...other.data), shape: [2, 17, 64, 48] };
  const apart = [...(await decode('heatmap', [one])), ...(await decode('heatmap', [other]))];
  t.same(await decode('heatmap', [both]), apart);
});

t.test('options and tensors out of place are refused with what was expected and found', async (t) => {
  const maps = { name: 'heatmaps', data: new Float32Array(17 * 8 * 6), shape: [1, 17, 8, 6] };
  const refused = async (promise: Promise<unknown>, message: RegExp): Promise<void> => {
    await t.rejects(promise, { code: 'TENSOR_INVALID', message });
  };
  const bad = { refine: 'fifth' } as unknown as DecodeOptions['heatmap'];
  await refused(decode('heatmap', [maps], bad), /refine.*quarter/);
  await refused(decode('heatmap', [maps], { blurKernel: 4 }), /blurKernel.*odd/);
  await refused(decode('heatmap', [maps], { blur: 3 } as never), /blur/);
  await refused(decode('heatmap', []), /expected a tensor named heatmaps, found none/);
  await refused(
    decode('simcc', [{ ...maps, name: 'simcc_x' }]),
    /expected a tensor named simcc_y, found simcc_x/,
  );
  await refused(
    decode('associative-embedding', [maps, { ...maps, name: 'tags', shape: [1, 17, 6, 8] }]),
    /tags/,
  );
  await refused(
    decode('trt-pose', [
      { ...maps, name: 'cmap' },
      { ...maps, name: 'paf' },
    ]),
    /cmap: expected \[1, K, H, W\]/,
  );
  await refused(decode('simcc', [maps, maps], { splitRatio: 0 }), /splitRatio/);
  const links: [number, number, number, number][] = [[2 ** 32 + 1, 0, 0, 1]];
  await refused(
    decode(
      'trt-pose',
      [
        { ...maps, name: 'cmap' },
        { ...maps, name: 'paf' },
      ],
      { links },
    ),
    /links/,
  );
});

t.test('a tensor without dimensions is none: nothing is read behind its one value', async (t) => {
  const maps = { name: 'heatmaps', data: new Float32Array(17 * 64).fill(0.5), shape: [1, 17, 8, 8] };
  const tensors = [maps, { ...maps, name: 'tags' }];
  const scalar = { name: 'nms_heatmaps', data: Float32Array.of(0.5), shape: [] };
  t.same(
    await decode('associative-embedding', [...tensors, scalar]),
    await decode('associative-embedding', tensors),
  );
});
