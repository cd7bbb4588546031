import { readFileSync } from 'node:fs';
import t from 'tap';
import { cloneSuites, testsWithSharedData } from '../../../scripts/suites/clone.js';
import { reasonsOfSkips } from '../../../scripts/suites/counts.js';

t.test('the plain clone’s tests are those that look for golden data, and find none', async (t) => {
  const files = testsWithSharedData();
  t.ok(files.includes('test/engine/person-detectors.test.ts'));
  t.ok(files.includes('test/engine/decode-families.test.ts'), 'also through another module');
  t.notOk(files.includes('test/config/config-store.test.ts'));
  for (const file of files) t.match(readFileSync(file, 'utf8'), /shared-data|golden-cases/);
  const suites = cloneSuites();
  t.same(
    suites.map(({ env }) => env?.CI),
    ['true', 'true', undefined, undefined],
  );
  t.notOk(suites.some(({ env }) => env === undefined || env.EDGE_POSE_REQUIRE_SHARED !== undefined));
});

t.test('what is skipped is told in one line', async (t) => {
  const tap =
    'ok 1 - a # SKIP needs data\nok 2 - b\n    ok 3 - c # SKIP needs root\nok 4 - d # SKIP needs data\n';
  const googleTest = '[ RUN      ] A.B\na_test.cc:12: Skipped\nneeds data\n\n[  SKIPPED ] A.B (0 ms)\n';
  t.equal(reasonsOfSkips(tap + googleTest), '3 x needs data; 1 x needs root');
});
