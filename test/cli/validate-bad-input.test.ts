import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { writePicture } from '../../src/camera/write-picture.js';
import { type AgentResult, runAgent } from '../support/agent-process.js';
import { numberedPicture } from '../support/numbered-picture.js';
import {
  type SampleAnnotations,
  writeAnnotations,
  writeSamplePictures,
} from '../support/sample-annotations.js';

const folder = mkdtempSync(join(tmpdir(), 'validate-bad-'));
const images = join(folder, 'pictures');
const file = join(folder, 'coco.json');
const lite = ['--model', 'blazepose-lite'];
mkdirSync(images);
t.teardown(() => rmSync(folder, { recursive: true }));
let sample: SampleAnnotations;
t.setTimeout(300_000);

t.before(async () => {
  sample = await writeSamplePictures(images, 60);
  writeAnnotations(file, sample);
});

type Image = SampleAnnotations['images'][number];

/** Ends with its code, its words and its remedy, and without a stack. */
async function refused(
  t: Test,
  args: readonly string[],
  { code, words }: { code: number; words: RegExp },
): Promise<AgentResult> {
  const result = await runAgent(['validate', ...lite, ...args]);
  t.equal(result.code, code, `${args.join(' ')}: exit code ${code}\n${result.stderr}`);
  t.match(result.stderr, words);
  t.notMatch(result.stderr, /at .*\.js:\d+/, 'no stack');
  return result;
}

t.test('what does not go together', async (t) => {
  const misuses: [string[], RegExp][] = [
    [[], /give --annotations FILE and --images DIR, or what to compare --against/],
    [['--annotations', file], /--annotations need --images DIR/],
    [['--annotations', file, '--clip', 'sample:'], /give --images DIR instead of --clip/],
    [['--annotations', file, '--images', images, '--against', 'auto'], /choose either --annotations, or/],
    [['--against', 'blazepose-full'], /--against needs either --images DIR or --clip FILE/],
    [['--against', 'auto', '--images', images, '--clip', 'sample:'], /needs either/],
    [['--against-precision', 'f31', '--images', images], /Allowed choices are auto, f32/],
    [['--limit', '0'], /expected a number above 0/],
  ];
  for (const [args, words] of misuses) await refused(t, args, { code: 2, words });
});

t.test('annotations that are none', async (t) => {
  const { stderr } = await refused(t, ['--annotations', '/nowhere/coco.json', '--images', images], {
    code: 1,
    words: /\/nowhere\/coco\.json does not exist/,
  });
  t.match(stderr, /\(ANNOTATIONS_INVALID\)\n {2}Correct what the message names/);
  const categories = [{ id: 1, name: 'person', keypoints: ['nose', 'neck', 'tail', 'left_heel'] }];
  const path = writeAnnotations(join(folder, 'tail.json'), { ...sample, categories });
  await refused(t, ['--annotations', path, '--images', images], {
    code: 1,
    words:
      /blazepose-lite does not give neck, tail; COCO has no sigma for neck, tail, left_heel \(KEYPOINTS_UNMATCHED\)/,
  });
});

t.test('nothing to compare with', async (t) => {
  await refused(t, ['--annotations', file, '--images', '/nowhere'], {
    code: 5,
    words: /\/nowhere does not exist/,
  });
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  await refused(t, ['--annotations', file, '--images', empty], {
    code: 1,
    words: /in the 0 pictures that can be read\n.*frame-0\.jpg does not exist[\s\S]*and 5 more/,
  });
  await refused(t, ['--against', 'blazepose-full', '--images', empty], {
    code: 5,
    words: /has no picture in it/,
  });
  const blank = join(folder, 'blank');
  mkdirSync(blank);
  await writePicture(join(blank, '1.png'), numberedPicture(5, 320, 240));
  await refused(t, ['--against', 'blazepose-lite', '--images', blank], {
    code: 1,
    words: /blazepose-lite sees nobody in 1 pictures, .* \(VALIDATION_EMPTY\)/,
  });
  await refused(t, ['--against', 'blazepose-full', '--clip', '/nowhere/a.mp4'], {
    code: 5,
    words: /does not exist/,
  });
  await refused(t, ['--against', 'blazepose-full', '--clip', 'rtsp://127.0.0.1/x'], {
    code: 5,
    words: /needs a clip or a folder of pictures/,
  });
  await refused(t, ['--against', 'blazepose-ful', '--clip', 'sample:'], {
    code: 3,
    words: /did you mean blazepose-full/,
  });
});

t.test('what cannot be read is left out and listed, and the rest is measured', async (t) => {
  const spoilt = structuredClone(sample);
  const [first, second, third, fourth] = spoilt.images as [Image, Image, Image, Image];
  first.file_name = 'absent.jpg';
  writeFileSync(join(images, 'torn.jpg'), 'no picture');
  second.file_name = 'torn.jpg';
  third.width = 640;
  for (const person of spoilt.annotations) if (person.image_id === fourth.id) person.keypoints.pop();
  spoilt.annotations.push({
    ...(spoilt.annotations[0] as (typeof spoilt.annotations)[0]),
    image_id: 999_999,
  });
  const path = writeAnnotations(join(folder, 'spoilt.json'), spoilt);
  const args = ['--annotations', path, '--images', images];
  const { stdout, stderr } = await refused(t, ['--json', ...args], {
    code: 1,
    words: /VALIDATION_INCOMPLETE/,
  });
  const { pictures, skipped, figures } = JSON.parse(stdout) as {
    pictures: number;
    skipped: { picture: string | null; reason: string }[];
    figures: { ap: number };
  };
  t.equal(pictures, 6);
  t.ok(figures.ap > 0.1);
  const expected = [
    /absent\.jpg does not exist/,
    /torn\.jpg is no picture/,
    /frame-120\.jpg is 960x540, but was annotated as 640x540/,
    /annotations\[\d+\]: keypoints: expected 51 numbers, found 50/,
    /annotations\[\d+\]: image_id: no picture has the id 999999/,
  ];
  for (const words of expected) {
    t.ok(
      skipped.some(({ reason }) => words.test(reason)),
      `${words} in the document`,
    );
    t.match(stderr, words);
  }
  // A folder of unlabelled pictures goes on, too.
  const compared = await refused(t, ['--json', '--against', 'blazepose-lite', '--images', images], {
    code: 1,
    words: /torn\.jpg is no picture/,
  });
  t.match(JSON.parse(compared.stdout), { agreement: 1, pictures: 10 });
});
