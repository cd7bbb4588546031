import t from 'tap';
import { failuresIn } from '../../../scripts/suites/failures.js';

const passes = (count: number): string =>
  Array.from({ length: count }, (_, at) => `ok ${at} - passes\n`).join('');

t.test('a failure is shown with its values, wherever it stands in the output', async (t) => {
  const output = `${passes(500)}    not ok 3 - poses arrive\n      ---\n      found: 7\n      ...\n${passes(500)}not ok 9 - a.test.ts\n`;
  const shown = failuresIn(output);
  t.match(shown, 'not ok 3 - poses arrive');
  t.match(shown, 'found: 7');
  t.match(shown, 'not ok 9 - a.test.ts');
  t.ok(shown.split('\n').length < 60);
});

t.test('so is one of GoogleTest and of a sanitizer', async (t) => {
  const native = 'a_test.cc:12: Failure\nExpected equality\n[  FAILED  ] A.B (1 ms)\n';
  t.match(failuresIn(`[ RUN      ] A.A\n${native}`), /^a_test.cc:12: Failure/);
  t.match(
    failuresIn(`${passes(99)}==12==ERROR: AddressSanitizer: heap-use-after-free\n    #0 here\n`),
    /^==12==.*\n {4}#0 here/,
  );
});

t.test(
  'a program that names no failure is shown by what it said last; a flood of failures is cut',
  async (t) => {
    t.match(failuresIn(`${passes(500)}Segmentation fault`), /Segmentation fault$/);
    t.match(failuresIn('not ok 1 - a\n'.repeat(1000)), /… and more$/);
  },
);
