import t from 'tap';
import { findRegexps } from '../../scripts/regexps/find-regexps.js';

t.test('every way to write a regular expression is found', async (t) => {
  const text = String.raw`
    const segment = '[a-z]+';
    const path = ${'`'}^(${'${segment}'}/)*$${'`'};
    export const all = [/a\/b/gi, new RegExp(path), RegExp('x+', 'y'), new RegExp(String.raw${'`'}\d+${'`'})];
    text.match('y*'); text.search(${'`'}z${'`'}); path.match(/w/); schema.match(other);
    function dynamic(name: string) { return new RegExp(${'`'}^${'${name}'}$${'`'}); }
    const again = new RegExp(/v/, 'g');
    // not one: /u/ and 4 / 2 / 1
  `;
  const found = findRegexps('some.ts', text).map(({ line, source, flags }) => [line, source, flags]);
  t.strictSame(found, [
    [4, 'a\\/b', 'gi'],
    [4, '^([a-z]+/)*$', ''],
    [4, 'x+', 'y'],
    [4, '\\d+', ''],
    [5, 'y*', ''],
    [5, 'z', ''],
    [5, 'w', ''],
    [6, undefined, ''],
    [7, 'v', ''],
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
