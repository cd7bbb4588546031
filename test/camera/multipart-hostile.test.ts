import fc from 'fast-check';
import t from 'tap';
import { MultipartParser, maxBoundaryLength } from '../../src/camera/multipart-parser.js';
import { cpuMs } from '../support/cpu-ms.js';

const limits = { partBytes: 60, openPartBytes: 50, headerBytes: 40 };

/** What a stream holds and whether it is given up, read from the whole of it at once. */
function reference(stream: string, delimiter: string): string[] {
  const said: string[] = [];
  for (let at = 0; ; ) {
    const boundary = stream.indexOf(delimiter, at);
    if ((boundary < 0 ? stream.length - delimiter.length + 1 : boundary) - at > limits.headerBytes) break;
    if (boundary < 0) return said;
    const line = boundary + delimiter.length;
    const headers = stream.indexOf('\n', line) + 1;
    if ((headers === 0 ? stream.length : headers - 1) - line > limits.headerBytes) break;
    if (headers === 0) return said;
    const rest = stream.slice(headers);
    const length = /^\r?\n/.exec(rest)?.[0].length ?? rest.search(/(?<=\n\r?\n)/);
    if ((length < 0 ? rest.length : length) > limits.headerBytes) break;
    if (length < 0) return said;
    const claimed = /^content-length:\s*(\d+)\s*$/im.exec(rest.slice(0, length))?.[1];
    const body = headers + length;
    if (claimed !== undefined) {
      if (Number(claimed) > limits.partBytes) break;
      at = body + Number(claimed);
      if (at > stream.length) return said;
      if (at > body) said.push(stream.slice(body, at));
    } else {
      at = stream.indexOf(delimiter, body);
      const part = at < 0 ? undefined : stream.slice(body, at).replace(/(\r?\n(--)?|^--)$/, '');
      if ((part?.length ?? stream.length - delimiter.length - 3 - body) > limits.openPartBytes) break;
      if (part === undefined) return said;
      if (part !== '') said.push(part);
    }
  }
  return [...said, 'given up'];
}

function parse(chunks: readonly Buffer[], boundary: string): string[] {
  const said: string[] = [];
  const parser = new MultipartParser(boundary, (body) => said.push(body.toString('latin1')), limits);
  try {
    for (const chunk of chunks) parser.push(chunk);
  } catch {
    said.push('given up');
  }
  return said;
}

function cutAt(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set([...cuts, stream.length])].filter((cut) => cut <= stream.length);
  ends.sort((a, b) => a - b);
  return ends.map((end, index) => stream.subarray(ends[index - 1] ?? 0, end));
}

t.test('any stream gives what a simple parser of the whole gives, however it is cut', async (t) => {
  const boundaries = ['b', '--', '-', '-----', 'abab', 'aab-aab', '\r', 'x\ny'];
  const boundary = fc.constantFrom(...boundaries);
  const cuts = fc.oneof(fc.array(fc.nat(200)), fc.constant(Array.from({ length: 600 }, (_, i) => i)));
  fc.assert(
    fc.property(boundary, fc.array(fc.nat(99), { maxLength: 30 }), cuts, (boundary, choices, cuts) => {
      const delimiter = boundary.startsWith('--') ? boundary : `--${boundary}`;
      const pieces = [
        ...[delimiter, `\r\n${delimiter}\r\n`, `${delimiter}\n\n`, delimiter.slice(0, -1), boundary],
        ...[
          '\r',
          '\n',
          '\r\n',
          '\r\n\r\n',
          '\n\n',
          '\n\r\n',
          '-',
          '--',
          '\n--',
          'a',
          'ab',
          'x: y\r\n',
          '\xff',
          'z'.repeat(15),
        ],
        ...[
          'Content-Length: 3\r\n\r\n',
          'content-length:0\n\n',
          'content-length: 61\n\n',
          'CONTENT-LENGTH: ',
        ],
      ];
      const stream = choices.map((choice) => pieces[choice % pieces.length]).join('');
      const said = parse(cutAt(Buffer.from(stream, 'latin1'), cuts), boundary);
      const expected = reference(stream, delimiter);
      if (JSON.stringify(said) !== JSON.stringify(expected)) {
        throw new Error(`${JSON.stringify(stream)}: ${JSON.stringify({ said, expected })}`);
      }
    }),
    { numRuns: 20_000 },
  );
  t.pass('20000 streams');
});

t.test('1 MB of anything cost the same a byte, in chunks of any size', async (t) => {
  const bytes = 2 ** 20;
  const long = '-'.repeat(maxBoundaryLength);
  const streams: Record<string, [boundary: string, start: string, unit: string]> = {
    'a part without length': ['b', '--b\r\n\r\n', 'x'],
    'a part that is nearly boundaries': [`${'-'.repeat(99)}b`, `--${'-'.repeat(97)}b\r\n\r\n`, '-'],
    'a boundary that overlaps itself': [`${'ab'.repeat(99)}c`, `--${'ab'.repeat(99)}c\r\n\r\n`, 'ab'],
    'the longest boundary': [long, `${long}\n\n`, `${'-'.repeat(maxBoundaryLength - 1)}x`],
    'empty parts': ['b', '', '--b\n\n'],
    'many headers': ['b', '', `--b\r\n${'a: b\r\n'.repeat(9000)}\r\n`],
    'many lengths': ['b', '', `--b\r\n${'content-length:\r\n'.repeat(2000)}\r\n`],
    'blank headers': ['b', '', `--b\r\ncontent-length: 1${' '.repeat(30_000)}x\r\n\r\n`],
    'lines of dashes': ['b', '--b\r\n\r\n', '\r\n--'],
    'short lines': ['b', '', '--b\na\n\n'],
    'parts of one byte': ['b', '', '--b\r\ncontent-length: 1\r\n\r\nx'],
    'a large part of known length': ['b', `--b\r\ncontent-length: ${bytes}\r\n\r\n`, 'x'],
  };
  for (const [name, [boundary, start, unit]] of Object.entries(streams)) {
    const stream = Buffer.from(start + unit.repeat(Math.ceil(bytes / unit.length)), 'latin1');
    for (const chunk of [1, 1000, 65_536]) {
      // Single bytes cost a call each: fewer of them say the same.
      const part = stream.subarray(0, chunk === 1 ? 2 ** 15 : bytes);
      const ms = cpuMs(() => {
        const parser = new MultipartParser(boundary, () => {});
        for (let at = 0; at < part.length; at += chunk) parser.push(part.subarray(at, at + chunk));
      });
      const limit = (part.length / 2 ** 16) * (chunk === 1 ? 200 : 50);
      t.ok(ms <= limit, `${name} in chunks of ${chunk}: ${Math.round(ms)} ms (at most ${limit})`);
    }
  }
});

t.test('a boundary that is none or too long is not taken', async (t) => {
  for (const boundary of ['', 'b'.repeat(maxBoundaryLength + 1)]) {
    t.throws(() => new MultipartParser(boundary, () => {}), RangeError);
  }
});
