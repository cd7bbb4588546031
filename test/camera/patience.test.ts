import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Patience } from '../../src/camera/patience.js';

/** The table that native/capture/test/patience_test.cc is tested with. */
const table = join(import.meta.dirname, '../../native/capture/test/patience_cases.txt');

t.test('the rule is that of the native part', (t) => {
  const cases = readFileSync(table, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  t.ok(cases.length >= 16);
  for (const line of cases) {
    const [configured, pictures = '', silence, withoutPicture] = line.split('|');
    const patience = new Patience(Number(configured) || undefined);
    for (const time of pictures.trim().split(/\s+/).filter(Boolean)) patience.picture(Number(time) * 1000);
    const found = [patience.silenceMs, patience.withoutPictureMs].map((ms) => Math.round(ms) / 1000);
    t.same(found, [Number(silence), Number(withoutPicture)], line);
  }
  t.end();
});

t.test('what a camera was like before counts once a picture came', (t) => {
  const patience = new Patience(undefined, 4);
  t.equal(patience.silenceMs, 15_000, 'the first may wait for a key frame');
  patience.picture(100_000);
  t.equal(patience.silenceMs, 4000);
  t.notOk(patience.knowsPace);
  patience.picture(110_000);
  t.equal(patience.silenceMs, 30_000, 'it is another one now');
  patience.interrupted();
  patience.picture(500_000);
  t.equal(patience.silenceMs, 30_000, 'how long it was away says nothing');
  t.end();
});
