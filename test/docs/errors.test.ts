import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import t from 'tap';
import { exitCodeOf } from '../../src/cli/exit-codes.js';
import { type ErrorCode, errorRegistry } from '../../src/errors.js';

const text = readFileSync(resolve(import.meta.dirname, '../../docs/errors.md'), 'utf8');

/** What the document says of each code, read as a person would: `### CODE` below `## Exit code N`. */
function documented(): Map<string, { exitCode: number; words: string }> {
  const found = new Map<string, { exitCode: number; words: string }>();
  for (const group of text.split(/^## Exit code /m).slice(1)) {
    const exitCode = Number.parseInt(group, 10);
    for (const entry of group.split(/^### /m).slice(1)) {
      const [code = '', ...lines] = entry.split('\n');
      found.set(code, { exitCode, words: lines.join('\n').replaceAll('`', '').replaceAll('&lt;', '<') });
    }
  }
  return found;
}

t.test('docs/errors.md names every code with its cause, remedy and exit code, and no other', async (t) => {
  const entries = documented();
  t.same([...entries.keys()].sort(), Object.keys(errorRegistry).sort());
  for (const [code, { cause, remedy }] of Object.entries(errorRegistry)) {
    const { exitCode, words = '' } = entries.get(code) ?? {};
    t.ok(words.includes(cause.replaceAll('`', '')), `${code}: cause`);
    t.ok(words.includes(remedy.replaceAll('`', '')), `${code}: remedy`);
    t.equal(exitCode, exitCodeOf(code as ErrorCode), `${code}: exit code`);
  }
});
