import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { measureCorpus, packCorpus, unpackCorpus } from '../../scripts/fuzzing/corpus.js';
import { type FuzzResult, runTarget } from '../../scripts/fuzzing/run-target.js';
import { type FuzzTarget, fuzzTargets } from '../../scripts/fuzzing/targets.js';

const folder = mkdtempSync(join(tmpdir(), 'fuzzing-'));
t.teardown(() => rmSync(folder, { recursive: true }));

/** A target whose program is a shell script with these lines; `$1` is where new inputs go. */
function scripted(name: string, lines: string): FuzzTarget {
  const home = join(folder, name);
  mkdirSync(home);
  const program = join(home, 'program');
  writeFileSync(
    program,
    `#!/bin/sh\nfor i; do case $i in -artifact_prefix=*) prefix=\${i#*=};; esac; done\n${lines}\n`,
    {
      mode: 0o755,
    },
  );
  const [archive, seeds, grown] = [join(home, 'corpus.tar.gz'), join(home, 'seeds'), join(home, 'grown')];
  return { name, program, archive, seeds, grown, findings: join(home, 'findings', `${name}-`) };
}

t.test('every target has a corpus, and all of them are small', async (t) => {
  const sizes = fuzzTargets().map((target) => ({ name: target.name, ...measureCorpus(target) }));
  t.ok(sizes.length >= 20);
  for (const { name, files } of sizes) {
    t.ok(files > 0, `${name}: ./scripts/fuzz --hours 0.1 --merge ${name} makes its corpus`);
  }
  const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0);
  t.ok(bytes <= 2_000_000, `${bytes} bytes in all`);
  const names = sizes.map(({ name }) => `${name}.tar.gz`);
  t.same(readdirSync(join(import.meta.dirname, '../../native/fuzz/corpus')).sort(), names, 'and no other');
});

t.test('a corpus comes back as it was packed, and packed again is the same file', async (t) => {
  const target = scripted('packed', '');
  mkdirSync(target.grown);
  writeFileSync(join(target.grown, 'b'), 'two');
  writeFileSync(join(target.grown, 'a'), new Uint8Array([0, 255, 10]));
  packCorpus(target, target.grown);
  const first = readFileSync(target.archive);
  unpackCorpus(target);
  t.same(readFileSync(join(target.seeds, 'a')), Buffer.from([0, 255, 10]));
  packCorpus(target, target.seeds);
  t.same(readFileSync(target.archive), first);
  t.equal(measureCorpus(target).files, 2);
});

t.test('a run tells what it reached', async (t) => {
  const target = scripted(
    'well',
    `echo '#2 INITED cov: 44 ft: 45 corp: 1/1b exec/s: 0' >&2; echo '#30000 DONE   cov: 165 ft: 392 corp: 78/2253b lim: 142' >&2`,
  );
  const told: number[] = [];
  const result = await runTarget(target, 5, ({ runs }) => told.push(runs));
  t.match(result, { runs: 30_000, coverage: 165, corpus: 78, found: [] });
  t.equal(result.trouble, undefined);
  t.ok(told.includes(30_000));
});

t.test('a target that fails goes on, and a failure is counted by its input', async (t) => {
  const fails = `n=$(ls $(dirname $prefix) | wc -l); [ $n -ge 2 ] && exit 0; echo x > \${prefix}crash-$n; exit 77`;
  const result: FuzzResult = await runTarget(scripted('failing', fails), 5, () => {});
  t.same(result.found, ['failing-crash-0', 'failing-crash-1']);
  t.equal(result.trouble, undefined);
});

t.test('one that cannot run says why, and one that was slow found nothing', async (t) => {
  const broken = await runTarget(scripted('broken', 'echo no such option >&2; exit 1'), 5, () => {});
  t.match(broken.trouble, /no such option/);
  const absent = scripted('absent', '');
  rmSync(absent.program);
  t.match((await runTarget(absent, 5, () => {})).trouble, /ENOENT/);
  const slow = await runTarget(scripted('slow', `echo x > \${prefix}slow-unit-1`), 5, () => {});
  t.same(slow.found, []);
});
