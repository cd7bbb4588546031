import t from 'tap';
import { findRegexps } from '../../scripts/regexps/find-regexps.js';

t.test('every way to write a regular expression is found', async (t) => {
  // Backticks and placeholders as a source file has them.
  const text = [
    "const segment = '[a-z]+';",
    'const path = ~^(<segment>/)*$~;',
    "export const all = [/a\\/b/gi, new RegExp(path), RegExp('x+', 'y'), new RegExp(String.raw~\\d+~)];",
    "text.match('y*'); text.search(~z~); path.match(/w/); schema.match(other);",
    'function dynamic(name: string) { return new RegExp(~^<name>$~); }',
    "const again = new RegExp(/v/, 'g');",
    '// not one: /u/ and 4 / 2 / 1',
  ]
    .join('\n')
    .replaceAll('~', '`')
    .replaceAll(/<(\w+)>/g, (_, name) => ['$', '{', name, '}'].join(''));
  const found = findRegexps('some.ts', text).map(({ line, source, flags }) => [line, source, flags]);
  t.strictSame(found, [
    [3, 'a\\/b', 'gi'],
    [3, '^([a-z]+/)*$', ''],
    [3, 'x+', 'y'],
    [3, '\\d+', ''],
    [4, 'y*', ''],
    [4, 'z', ''],
    [4, 'w', ''],
    [5, undefined, ''],
    [6, 'v', ''],
  ]);
});

t.test('what is slow is told from what only looks like it', async (t) => {
  // In this process: what else there is of the checker runs on beside it.
  process.env.RECHECK_BACKEND = 'pure';
  const { verdictOf } = await import('../../scripts/regexps/verdict.js');
  t.match(await verdictOf('\\/+$', ''), /2nd degree polynomial; slow with '\/'.repeat/);
  t.match(await verdictOf('^(a|a)*$', ''), /exponential/);
  t.match(await verdictOf('[\\w-]*pw=', 'i'), /2nd degree polynomial/);
  t.equal(await verdictOf('^a+$', ''), '');
});
