import t from 'tap';
import type { Frame } from '../../src/camera/frame-source.js';
import { HttpStreamSource } from '../../src/camera/http-stream-source.js';
import { MultipartParser } from '../../src/camera/multipart-parser.js';
import { encodedAsJpeg } from '../support/mjpeg-server.js';
import { numberedPicture, readNumber } from '../support/numbered-picture.js';
import { RawHttpCamera } from '../support/raw-http-camera.js';

const pictures = 10;
const jpegs: Buffer[] = [];
for (let number = 0; number < pictures; number++) {
  const picture = numberedPicture(number);
  jpegs.push(await encodedAsJpeg(picture));
  picture.release();
}

/** How a server writes a stream. */
interface Dialect {
  readonly newline?: '\r\n' | '\n';
  /** As the header says it. */
  readonly named?: string;
  /** As the stream has it. */
  readonly delimiter?: string;
  readonly contentLength?: boolean;
  readonly type?: string;
  readonly junk?: string;
  /** Of the part's headers, but for the last of them. */
  readonly blank?: string;
}

const dialects: Record<string, Dialect> = {
  'as the RFC has it': {},
  'LF alone': { newline: '\n' },
  'LF alone, without lengths': { newline: '\n', contentLength: false },
  'headers end with LF, CRLF': { newline: '\n', blank: '\r\n' },
  'dashes in the header': { named: '--foo', delimiter: '--foo' },
  'dashes in the header, without lengths': { named: '--foo', delimiter: '--foo', contentLength: false },
  'dashes in the header and two more': { named: '--foo', delimiter: '----foo' },
  'dashes in the header and two more, without lengths': {
    named: '--foo',
    delimiter: '----foo',
    contentLength: false,
  },
  'two more dashes, LF alone, without lengths': {
    named: '--foo',
    delimiter: '----foo',
    contentLength: false,
    newline: '\n',
  },
  quoted: { named: '"foo"' },
  'quoted, with a blank in it': { named: '"foo bar"', delimiter: '--foo bar', contentLength: false },
  'quoted, with dashes': { named: '"--foo"', delimiter: '--foo' },
  'blanks around the equals sign': { type: 'multipart/x-mixed-replace ; Boundary = foo' },
  'no blank, another parameter': { type: 'multipart/mixed;charset=x;boundary=foo;type=y' },
  'junk between the parts': { junk: '\r\n\0\xff\xd8 - -- not a boundary\r\n\r\n' },
  'a closing boundary behind each part': { junk: '--foo--\r\n' },
};

function write({ newline = '\r\n', named = 'foo', type, junk = '', blank = newline, ...rest }: Dialect) {
  const { delimiter = '--foo', contentLength = true } = rest;
  const contentType = type ?? `multipart/x-mixed-replace; boundary=${named}`;
  const head = ['HTTP/1.0 200 OK', `Content-Type: ${contentType}`, '', ''].join(newline);
  const chunks = jpegs.map((jpeg) => {
    const length = contentLength ? `Content-Length: ${jpeg.length}${newline}` : '';
    const before = `${delimiter}${newline}Content-Type: image/jpeg${newline}${length}${blank}`;
    return Buffer.concat([Buffer.from(before), jpeg, Buffer.from(newline), Buffer.from(junk, 'latin1')]);
  });
  return { head, chunks: [...chunks, Buffer.from(`${delimiter}${newline}`)] };
}

t.test('every picture of every dialect arrives', async (t) => {
  const all = Object.entries(dialects).map(async ([name, dialect]) => {
    const { head, chunks } = write(dialect);
    const camera = await new RawHttpCamera({ head, chunks, intervalMs: 100 }).start();
    t.teardown(() => camera.stop());
    const source = new HttpStreamSource({ url: camera.url, timeoutSeconds: 5 });
    t.teardown(() => source.close());
    const frames: { number: number; seq: number }[] = [];
    try {
      await source.open();
      while (frames.at(-1)?.seq !== pictures - 1) {
        const frame = (await source.read()) as Frame;
        const { width, height, seq } = frame;
        frames.push({ number: readNumber({ pixels: frame.pixels(), width, height }), seq });
        frame.release();
      }
    } catch (error) {
      t.fail(`${name}: ${(error as Error).message}`);
    }
    // On a busy machine one may be replaced by a newer one before it is decoded; it is counted.
    const right = frames.every(({ number, seq }) => number === seq) && frames.length > pictures / 2;
    t.ok(right, `${name}: ${frames.map(({ number, seq }) => `${number} as ${seq}`).join(', ')}`);
  });
  await Promise.all(all);
});

t.test('and is what was sent, to the byte', (t) => {
  for (const [name, dialect] of Object.entries(dialects)) {
    if (dialect.junk !== undefined && dialect.contentLength === false) continue;
    const bodies: Buffer[] = [];
    const boundary = dialect.named?.replaceAll('"', '') ?? 'foo';
    const parser = new MultipartParser(boundary, (body) => bodies.push(body));
    for (const chunk of write(dialect).chunks) parser.push(chunk);
    t.ok(bodies.length === pictures && bodies.every((body, i) => body.equals(jpegs[i] as Buffer)), name);
  }
  t.end();
});

t.test('a picture may take longer to come than its camera may be silent', async (t) => {
  const { head, chunks } = write({});
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = chunks;
  const size = Math.ceil(second.length / 5);
  const pieces = [0, 1, 2, 3, 4].map((i) => second.subarray(i * size, (i + 1) * size));
  const begun = Date.now();
  const camera = await new RawHttpCamera({ head, chunks: [first, ...pieces], intervalMs: 400 }).start();
  t.teardown(() => camera.stop());
  const source = new HttpStreamSource({ url: camera.url, timeoutSeconds: 1 });
  t.teardown(() => source.close());
  await source.open();
  (await source.read())?.release();
  const frame = (await source.read()) as Frame;
  t.equal(frame.seq, 1);
  const age = Date.now() - frame.capturedAt;
  t.ok(age > 1400 && age < Date.now() - begun, `captured when it began to come, ${Math.round(age)} ms ago`);
  frame.release();
  await t.rejects(source.read(), { message: /no picture within 1000 ms/ });
});
