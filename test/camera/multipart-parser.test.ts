import fc from 'fast-check';
import t from 'tap';
import { MultipartParser } from '../../src/camera/multipart-parser.js';

interface Part {
  readonly body: Uint8Array;
  readonly contentLength: boolean;
  readonly newline: '\r\n' | '\n';
}

/** A stream as cameras write it; parts without a length must not hold the boundary, which random bytes do not. */
function encode(parts: readonly Part[], preamble: string): Buffer {
  const pieces = parts.map(({ body, contentLength, newline }) => {
    const length = contentLength ? `Content-Length: ${body.length}${newline}` : '';
    return Buffer.concat([
      Buffer.from(`--my-boundary${newline}Content-Type: image/jpeg${newline}${length}${newline}`),
      body,
      Buffer.from(newline),
    ]);
  });
  return Buffer.concat([Buffer.from(preamble), ...pieces, Buffer.from('--my-boundary\r\n')]);
}

function parse(stream: Buffer, cuts: readonly number[], boundary = 'my-boundary'): Buffer[] {
  const bodies: Buffer[] = [];
  const parser = new MultipartParser(boundary, (body) => bodies.push(Buffer.from(body)));
  let at = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const end = Math.min(cut, stream.length);
    if (end <= at) continue;
    parser.push(stream.subarray(at, end));
    at = end;
  }
  if (at < stream.length) parser.push(stream.subarray(at));
  return bodies;
}

t.test('the parts are the same however the stream is cut', (t) => {
  const part = fc.record({
    body: fc.uint8Array({ minLength: 1, maxLength: 300 }),
    contentLength: fc.boolean(),
    newline: fc.constantFrom('\r\n' as const, '\n' as const),
  });
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 6 }),
      fc.array(fc.nat(3000), { maxLength: 40 }),
      fc.constantFrom('', '\r\n', 'ignored text\r\n'),
      fc.constantFrom('my-boundary', '--my-boundary'),
      (parts, cuts, preamble, boundary) => {
        // Where no length is given, line breaks at the end of a body cannot be told from the one behind it.
        const clear = parts.filter(
          ({ body, contentLength }) => contentLength || ![10, 13].includes(body.at(-1) ?? 0),
        );
        const bodies = parse(encode(clear, preamble), cuts, boundary);
        return (
          bodies.length === clear.length &&
          bodies.every((body, i) => Buffer.compare(body, (clear[i] as Part).body) === 0)
        );
      },
    ),
    { numRuns: 1000 },
  );
  t.end();
});

t.test('an empty part is passed over', (t) => {
  const stream = '--b\r\nContent-Length: 0\r\n\r\n\r\n--b\r\nContent-Length: 2\r\n\r\nok\r\n--b\r\n';
  t.strictSame(parse(Buffer.from(stream), [], 'b').map(String), ['ok']);
  t.end();
});

t.test('what is no such stream is given up, without filling the memory', (t) => {
  const parser = new MultipartParser('b', () => t.fail('there is no part'));
  t.throws(() => {
    for (let i = 0; i < 100; i++) parser.push(Buffer.alloc(10_000, 'x'));
  }, /no part boundary/);
  const headers = new MultipartParser('b', () => t.fail('there is no part'));
  t.throws(() => {
    headers.push(Buffer.from('--b\r\n'));
    for (let i = 0; i < 100; i++) headers.push(Buffer.alloc(10_000, 'x'));
  }, /no end of headers/);
  const claims = new MultipartParser('b', () => t.fail('there is no part'));
  t.throws(
    () => claims.push(Buffer.from('--b\r\nContent-Length: 99999999999\r\n\r\n')),
    /claims 99999999999 bytes/,
  );
  const endless = new MultipartParser('b', () => t.fail('there is no part'));
  t.throws(() => {
    endless.push(Buffer.from('--b\r\n\r\n'));
    for (let i = 0; i < 10; i++) endless.push(Buffer.alloc(1024 * 1024, 'x'));
  }, /without Content-Length is larger than 8388608 bytes/);
  t.end();
});

t.test('random bytes never do worse than an error', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (chunks) => {
      const parser = new MultipartParser('b', () => {});
      parser.push(Buffer.from('--b\r\n'));
      for (const chunk of chunks) parser.push(Buffer.from(chunk));
      return true;
    }),
    { numRuns: 500 },
  );
  t.end();
});
