import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { judgeGuards } from '../../../scripts/coverage/guards.js';
import { type MeasuredFile, measure } from '../../../scripts/coverage/measure.js';
import { outlineOf } from '../../../scripts/coverage/outline.js';
import { ProcessReports, type ScriptReport } from '../../../scripts/coverage/process-reports.js';
import { figuresOf, tableOf } from '../../../scripts/coverage/report.js';

/** Runs programs of one folder and measures what ran of `src/part.ts` there. */
function measured(t: Test, part: string, programs: readonly string[]): MeasuredFile {
  const folder = t.testdir({ src: { 'part.ts': part, 'package.json': '{"type":"module"}' } });
  const reports = new ProcessReports(join(folder, 'reports'), [join(folder, 'src')]);
  for (const program of programs) {
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        `import { f } from '${folder}/src/part.ts'; ${program}`,
      ],
      { env: { ...process.env, NODE_V8_COVERAGE: reports.folder }, encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
  }
  reports.finish(join(folder, 'runs.json'));
  const runs = JSON.parse(readFileSync(join(folder, 'runs.json'), 'utf8')) as ScriptReport[];
  return measure([join(folder, 'src/part.ts')], runs)[0] as MeasuredFile;
}

/** Outcomes and how often each came, as in `if true 2`. */
function outcomes({ branches }: Pick<MeasuredFile, 'branches'>): string[] {
  return branches.flatMap(({ kind, outcomes, counts }) =>
    outcomes.map(({ label }, index) => `${kind} ${label} ${counts[index]}`),
  );
}

const part = `
interface Options { a?: number }
type Kind = 'x' extends string ? 'y' : 'z';

export function f(n: number, options: Options = {}): string {
  if (n === 1) return 'one';
  if (n > 100) {
    throw new Error('too much');
  } else n += 1;
  const word = n > 10 ? 'many' : 'few';
  try {
    if (options.a !== undefined && options.a > 3) JSON.parse('{');
  } catch {
    return 'caught';
  }
  switch (n) {
    case 5:
      return 'five';
    case 6:
    case 7:
      return 'some';
    default:
      return word;
  }
}

export function never(): Kind {
  return 'y';
}
`;

t.test('branches are counted over processes, and by what was not taken', async (t) => {
  const file = measured(t, part, ['f(1); f(1); f(4); f(50);', 'f(6); f(3, { a: 2 });']);
  t.same(outcomes(file), [
    'if true 2',
    'if false 4',
    'if true 0',
    'if false 4',
    '?: true 1',
    '?: false 3',
    'if true 0',
    'if false 4',
    '&& right side needed 1',
    '&& right side not needed 3',
    'catch entered 0',
    'switch 5 1',
    'switch 7 1',
    'switch default 2',
  ]);
  t.match(
    file.functions.map(({ name, count }) => [name, count]),
    [
      ['f', 6],
      ['never', 0],
    ],
  );
  const { branches, lines } = figuresOf([file]);
  t.same(branches, { covered: 11, of: 14 });
  t.same(lines, { covered: 10, of: 13 }, 'all but the throw, what is caught, and what is never called');
  t.match(tableOf([['src/x', { branches, lines }]]), /src\/x +78\.6 % +76\.9 %/);
});

t.test('a function counts where it is made, called or not', async (t) => {
  const text = `
    export function f(own?: () => number): void {
      const clock = own ?? (() => 1);
      if (own !== undefined) new Each(own);
    }
    class Each {
      readonly clock: () => number;
      readonly #odd = made++ % 2 === 1 ? 'odd' : 'even';
      constructor(clock: () => number) {
        this.clock = clock;
      }
    }
    let made = 0;
  `;
  t.same(outcomes(measured(t, text, ['f(() => 2); f(() => 3); f();'])), [
    '?? right side needed 1',
    '?? right side not needed 2',
    'if true 2',
    'if false 1',
    '?: true 1',
    '?: false 1',
  ]);
});

t.test('what no process has loaded ran nowhere', async (t) => {
  const folder = t.testdir({ 'alone.ts': 'export const a = process.argv.length > 3 ? 1 : 2;\n' });
  const [file] = measure([join(folder, 'alone.ts')], []);
  t.same(outcomes(file as MeasuredFile), ['?: true 0', '?: false 0']);
  t.same(figuresOf([file as MeasuredFile]).lines, { covered: 0, of: 1 });
});

t.test('a report that was cut short is left out', async (t) => {
  const folder = t.testdir();
  const reports = new ProcessReports(join(folder, 'reports'), [folder]);
  t.ok(spawnSync('sh', ['-c', `printf '{"result":[' > ${folder}/reports/coverage-1-1-0.json`]).status === 0);
  reports.finish(join(folder, 'runs.json'));
  t.equal(readFileSync(join(folder, 'runs.json'), 'utf8'), '[]');
});

const guarded = `export function open(a: boolean, b: boolean, c: boolean): number {
  if (a) return 1;
  // uncovered: a disk of this kind is none of ours
  if (b) return 2;
  return c
    ? 3
    : // uncovered: never false
      4;
}
// uncovered: nothing to explain
export const five = 5;
`;

t.test('a branch of a guard is covered or explained', async (t) => {
  const outline = outlineOf(guarded, 'guarded.ts');
  const file = (counts: number[][]): MeasuredFile => ({
    path: 'src/models/store.ts',
    text: guarded,
    statements: [],
    functions: [],
    branches: outline.branches.map((branch, index) => ({ ...branch, counts: counts[index] as number[] })),
  });
  const idle = ['src/models/store.ts:10'];
  const one = [1, 1];
  t.same(judgeGuards([file([one, one, one])]), { unexplained: [], idle, explained: 0 });
  t.same(judgeGuards([file([one, [0, 1], one])]), { unexplained: [], idle, explained: 1 });
  t.same(judgeGuards([file([[0, 0], one, [0, 1]])]), {
    unexplained: [
      'src/models/store.ts:2: if, true',
      'src/models/store.ts:2: if, false',
      'src/models/store.ts:5: ?:, true',
    ],
    idle,
    explained: 0,
  });
});
