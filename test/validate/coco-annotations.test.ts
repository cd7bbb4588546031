import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type CocoAnnotations, readCocoAnnotations } from '../../src/validate/coco-annotations.js';

const categories = [
  { id: 7, name: 'cat', keypoints: ['tail'] },
  { id: 3, name: 'Person', keypoints: ['nose', 'left_eye'], skeleton: [[1, 2]] },
];
const person = { image_id: 2, category_id: 3, keypoints: [1, 2, 2, 0, 0, 0], bbox: [0, 1, 10, 20] };

async function read(t: Test, file: object): Promise<CocoAnnotations> {
  const path = join(t.testdir(), 'coco.json');
  writeFileSync(path, JSON.stringify({ images: [], annotations: [], categories, info: {}, ...file }));
  return readCocoAnnotations(path);
}

t.test('people come into their pictures, pictures in the order of their ids', async (t) => {
  const images = [
    { id: 5, file_name: 'b/5.jpg', width: 4, height: 3, coco_url: 'http://192.0.2.1' },
    { id: 2, file_name: '2.jpg' },
  ];
  const annotations = [
    { ...person, area: 50, iscrowd: 0 },
    { ...person, num_keypoints: 0 },
    { ...person, image_id: 5, iscrowd: 1 },
    { image_id: 5, category_id: 3, bbox: [0, 0, 1, 1] },
    { image_id: 5, category_id: 7, keypoints: 'of no interest' },
  ];
  const { keypointNames, pictures, skipped } = await read(t, { images, annotations });
  t.same(keypointNames, ['nose', 'left_eye']);
  t.same(skipped, []);
  const shared = { keypoints: person.keypoints, box: person.bbox };
  t.same(pictures, [
    {
      id: 2,
      file: '2.jpg',
      width: undefined,
      height: undefined,
      people: [
        { ...shared, area: 50, crowd: false, ignored: false },
        { ...shared, area: 200, crowd: false, ignored: true },
      ],
    },
    {
      id: 5,
      file: 'b/5.jpg',
      width: 4,
      height: 3,
      people: [
        { ...shared, area: 200, crowd: true, ignored: true },
        { keypoints: [0, 0, 0, 0, 0, 0], box: [0, 0, 1, 1], area: 1, crowd: false, ignored: true },
      ],
    },
  ]);
});

t.test('what is wrong spoils its own picture only', async (t) => {
  const images = [
    { id: 1, file_name: '1.jpg' },
    { id: 2, file_name: '2.jpg' },
    { id: 2, file_name: 'again.jpg' },
    { id: 'three', file_name: '3.jpg' },
    null,
  ];
  const wrong: object[] = [
    { ...person, keypoints: [1, 2] },
    { ...person, bbox: [0, 0, -1, 2] },
    { ...person, bbox: undefined },
    { ...person, keypoints: [1, 2, null, 0, 0, 0] },
    { ...person, image_id: 9 },
    { image_id: 1 },
  ];
  const annotations = [{ ...person, image_id: 1 }, ...wrong, 'nothing'];
  const { pictures, skipped } = await read(t, { images, annotations });
  t.same(
    pictures.map(({ file, people }) => [file, people.length]),
    [['1.jpg', 1]],
  );
  t.match(skipped, [
    { picture: 'again.jpg', reason: /^images\[2\]: its id 2 is another picture's, too$/ },
    { picture: null, reason: /^images\[3\]: id: / },
    { picture: null, reason: /^images\[4\]: it: / },
    { picture: '2.jpg', reason: /^annotations\[1\]: keypoints: expected 6 numbers, found 2$/ },
    { picture: '2.jpg', reason: /^annotations\[2\]: bbox\.2: / },
    { picture: '2.jpg', reason: /^annotations\[3\]: bbox: / },
    { picture: '2.jpg', reason: /^annotations\[4\]: keypoints\.2: / },
    { picture: null, reason: /^annotations\[5\]: image_id: no picture has the id 9$/ },
    { picture: null, reason: /^annotations\[6\]: category_id: / },
    { picture: null, reason: /^annotations\[7\]: it: / },
  ]);
  t.equal(skipped.length, 10);
});

t.test('a file that holds no annotations', async (t) => {
  const folder = t.testdir({
    'cut.json': '{"images": [{"id"',
    'list.json': '[]',
    'other.json': '{"annotations":5}',
  });
  const cases: [string, RegExp][] = [
    ['absent.json', /absent\.json does not exist$/],
    ['.', /is a folder, expected a file$/],
    ['cut.json', /cut\.json is no JSON: /],
    ['list.json', /list\.json is no COCO file: it: .*expected object/],
    ['other.json', /other\.json is no COCO file: images: .*; annotations: .*; categories: /],
  ];
  for (const [name, message] of cases) {
    await t.rejects(readCocoAnnotations(join(folder, name)), { code: 'ANNOTATIONS_INVALID', message }, name);
  }
});

t.test('the only category with keypoints may have another name', async (t) => {
  const only = [
    { id: 1, name: 'worker', keypoints: ['nose'] },
    { id: 2, name: 'helmet' },
  ];
  t.same((await read(t, { categories: only })).keypointNames, ['nose']);
  const cats = [{ id: 1, name: 'cat' }];
  await t.rejects(read(t, { categories: cats }), {
    message: /no category person with names of keypoints: found cat \(no keypoints\)/,
  });
  const two = [...only, { id: 3, name: 'visitor', keypoints: ['nose'] }];
  await t.rejects(read(t, { categories: two }), {
    code: 'ANNOTATIONS_INVALID',
    message: /worker \(1 keypoints\), helmet \(no keypoints\), visitor/,
  });
});
