import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runAgent } from '../support/agent-process.js';
import {
  type SampleAnnotations,
  writeAnnotations,
  writeSamplePictures,
} from '../support/sample-annotations.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

const folder = mkdtempSync(join(tmpdir(), 'validate-'));
const images = join(folder, 'pictures');
const file = join(folder, 'coco.json');
mkdirSync(images);
t.teardown(() => rmSync(folder, { recursive: true }));
let sample: SampleAnnotations;
t.setTimeout(300_000);

t.before(async () => {
  sample = await writeSamplePictures(images, 20);
  writeAnnotations(file, sample);
});

interface Figures {
  ap: number;
  ap50: number;
  ar: number;
}

/** Runs `validate --json` to its good end, silently in a pipe. */
async function validated<Result = { figures: Figures; people: number }>(
  t: Test,
  args: readonly string[],
): Promise<Result> {
  const { code, stdout, stderr } = await runAgent(['validate', '--json', ...args]);
  t.equal(code, 0, stderr);
  t.equal(stderr, '', 'quiet in a pipe');
  t.equal(stdout.trim().split('\n').length, 1, 'one document');
  return JSON.parse(stdout) as Result;
}

const shape = {
  model: {
    model: String,
    engine: 'openvino',
    device: String,
    precision: String,
    latency_ms: { p50: Number, p95: Number },
    fps: Number,
  },
  pictures: 30,
  people: Number,
  figures: {
    ...{ ap: Number, ap50: Number, ap75: Number, ap_medium: Number, ap_large: Number },
    ...{ ar: Number, ar50: Number, ar75: Number, ar_medium: Number, ar_large: Number },
  },
  skipped: [],
};

t.test(
  'human-pose-estimation-0001 on the sample’s labelled pictures',
  { skip: withoutSharedData },
  async (t) => {
    const shared = sharedData();
    const name = 'human-pose-estimation-0001';
    const model = ['--model', join(shared, 'models', name, 'FP16-INT8', `${name}.xml`)];
    const right = await validated(t, [...model, '--annotations', file, '--images', images]);
    t.match(right, shape);
    t.ok(right.people > 50, `${right.people} people`);
    const { ap, ap50, ar } = right.figures;
    t.ok(ap >= 0.65 && ap <= 0.95, `AP ${ap}`);
    t.ok(ap50 >= 0.85 && ar > 0.65, `AP50 ${ap50}, AR ${ar}`);

    const moved = structuredClone(sample);
    for (const { keypoints } of moved.annotations) {
      for (let at = 0; at < keypoints.length; at += 3) keypoints[at] = (keypoints[at] as number) + 40;
    }
    const wrongFile = writeAnnotations(join(folder, 'moved.json'), moved);
    const wrong = await validated(t, [...model, '--annotations', wrongFile, '--images', images]);
    t.ok(wrong.figures.ap < 0.1, `labels 40 px beside the people: AP ${wrong.figures.ap}`);

    const { code, stdout } = await runAgent(
      ['validate', ...model, '--annotations', file, '--images', images, '--limit', '5'],
      { pose: { min_score: 0.1 } },
    );
    t.equal(code, 0);
    t.match(stdout, /^.*human-pose-estimation-0001\.xml on openvino, .*\n5 pictures, \d+ annotated/);
    t.match(stdout, /^OKS 0\.50 to 0\.95 {2}\d\.\d{3} {2}\d\.\d{3}$/m);
    t.match(stdout, /^latency p50 \d+\.\d ms, p95 \d+\.\d ms; \d+\.\d fps, one picture at a time$/m);
  },
);

const lite = ['--model', 'blazepose-lite'];

t.test('blazepose-lite, whose keypoints are found by name', async (t) => {
  const right = await validated(t, [...lite, '--annotations', file, '--images', images]);
  t.match(right, { ...shape, model: { ...shape.model, model: 'blazepose-lite' } });
  const { ap } = right.figures;
  // Its detector is made for people near the camera: the clip's far ones are not seen.
  t.ok(ap >= 0.35 && ap <= 0.65, `AP ${ap}`);

  const turned = structuredClone(sample);
  turned.categories[0]?.keypoints.reverse();
  for (const person of turned.annotations) {
    const points = Array.from({ length: 17 }, (_, k) => person.keypoints.slice(3 * k, 3 * k + 3));
    person.keypoints = points.reverse().flat();
  }
  const turnedFile = writeAnnotations(join(folder, 'turned.json'), turned);
  const other = await validated(t, [...lite, '--annotations', turnedFile, '--images', images]);
  t.same(other.figures, right.figures, 'another order of keypoints gives the same figures');
});

interface Compared {
  agreement: number;
  pictures: number;
  people: { seen: number; reference: number; matched: number; found_share: number };
  oks_mean: number;
  displacement_px: { median: number; p95: number; keypoints: number };
  candidate: { model: string; precision: string };
  reference: { model: string; precision: string };
}

t.test('a model agrees with itself, and less with another one', async (t) => {
  const clip = ['--clip', 'sample:', '--limit', '90'];
  const self = await validated<Compared>(t, [...lite, '--against', 'blazepose-lite', ...clip]);
  t.match(self, {
    agreement: 1,
    pictures: 90,
    people: { found_share: 1 },
    oks_mean: 1,
    displacement_px: { median: 0, p95: 0 },
    skipped: [],
  });
  t.ok(self.people.matched >= 80 && self.displacement_px.keypoints > 1200);
  const other = await validated<Compared>(t, [...lite, '--against', 'blazepose-full', ...clip]);
  t.match(other, {
    candidate: { model: 'blazepose-lite' },
    reference: { model: 'blazepose-full', latency_ms: { p50: Number } },
  });
  t.ok(other.agreement > 0.7 && other.agreement < 0.999, `agreement ${other.agreement}`);
  t.ok(other.oks_mean > 0.8 && other.oks_mean < 1, `mean OKS ${other.oks_mean}`);
  const { median, p95 } = other.displacement_px;
  t.ok(median > 0.2 && median < 10 && p95 > median, `displacement ${median}, ${p95} px`);
});

t.test('two precisions of a model, on pictures that stand for themselves', async (t) => {
  const args = ['--precision', 'bf16', '--against-precision', 'f32', '--images', images, '--limit', '10'];
  const close = await validated<Compared>(t, [...lite, ...args]);
  t.match(close, { pictures: 10, candidate: { precision: 'bf16' }, reference: { precision: 'f32' } });
  t.ok(close.agreement > 0.9, `agreement ${close.agreement}`);
  const { code, stdout } = await runAgent([
    ...['validate', ...lite, '--against', 'blazepose-full'],
    ...['--images', images, '--limit', '5'],
  ]);
  t.equal(code, 0);
  t.match(stdout, /^agreement {5}\d\.\d{3} {2}over 5 pictures$/m);
  t.match(stdout, /^people {8}\d+ of \d+ found \(\d+\.\d %\), \d+ seen$/m);
  t.match(stdout, /^displacement {2}median \d+\.\d\d px, p95 \d+\.\d\d px over \d+ keypoints$/m);
});

t.test('--help shows examples', async (t) => {
  const { code, stdout } = await runAgent(['validate', '--help']);
  t.equal(code, 0);
  t.match(stdout, /Examples:\n {2}pose-agent validate --annotations/);
});
