import fc from 'fast-check';
import t from 'tap';
import { LineReader } from '../../src/agent/line-reader.js';

function linesOf(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const reader = new LineReader((line) => lines.push(line));
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return lines;
}

t.test('lines are the same however the output is cut', async (t) => {
  const text = fc.array(fc.constantFrom('a', 'é', '😀', '\n', '\r\n', ''), { maxLength: 30 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(60)), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(''));
      const ends = [...cuts, bytes.length].filter((cut) => cut <= bytes.length).sort((a, b) => a - b);
      const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
      const expected = parts.join('').split(/\r?\n/);
      if (expected.at(-1) === '') expected.pop();
      return JSON.stringify(linesOf(chunks)) === JSON.stringify(expected);
    }),
  );
  t.pass('all were');
});

t.test('of a line without end the beginning is kept, and no more', async (t) => {
  const megabyte = Buffer.alloc(2 ** 20, 'x');
  const lines = linesOf([...Array.from({ length: 64 }, () => megabyte), Buffer.from('\nshort\n')]);
  t.strictSame(lines, [`${'x'.repeat(4096)}…`, 'short']);
});
