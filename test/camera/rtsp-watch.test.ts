import fc from 'fast-check';
import t from 'tap';
import { type RtspRefusal, RtspWatch } from '../../src/camera/rtsp-watch.js';

/** What came through of `text`, given in pieces of these sizes. */
function watch(text: string | Buffer, sizes: readonly number[] = [], sent: readonly string[] = []) {
  const watching = new RtspWatch({
    onRedirect: (location) => (location.startsWith('rtsp://same/') ? 'rtsp://127.0.0.1:9/' : undefined),
    onTransport: (answer) =>
      answer.startsWith('RTP/AVP') ? { transport: 'RTP/AVP;unicast;source=192.0.2.7' } : { refusal: answer },
  });
  for (const request of sent) watching.sent(Buffer.from(request));
  const data = Buffer.from(text);
  const passed: Buffer[] = [];
  let refusal: RtspRefusal | undefined;
  for (let at = 0, i = 0; at < data.length && refusal === undefined; i++) {
    const size = sizes[i % Math.max(1, sizes.length)] ?? data.length;
    const piece = watching.received(data.subarray(at, at + size));
    passed.push(piece.pass);
    refusal = piece.refusal;
    at += size;
  }
  return { passed: Buffer.concat(passed).toString('latin1'), refusal, playing: watching.playing };
}

const ok = 'RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n';
const described = 'RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 6\r\n\r\nv=0\r\n\n';
const packet = '$\0\0\x04RTSP';
const moved = 'RTSP/1.0 302 Found\r\nCSeq: 2\r\nLocation: rtsp://other/\r\n\r\n';

t.test('plain messages, bodies and packets come through, in whatever pieces', async (t) => {
  const text = [ok, packet, described, packet, ok, 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'].join('');
  for (const sizes of [[1], [2], [3, 7], [1000]]) {
    t.same(watch(text, sizes), { passed: text, refusal: undefined, playing: false }, `${sizes}`);
  }
  t.equal(watch(ok.replaceAll('\r', '')).passed, ok.replaceAll('\r', ''), 'with bare line feeds, too');
});

t.test('a camera that says ever more, and never plays, is not listened to for ever', async (t) => {
  for (const unit of ['\n', '\r\n', '$\0\0\0', 'RTSP/1.0 200 OK\n\n']) {
    const { passed, refusal } = watch(unit.repeat(65_536), [65_536]);
    t.match(refusal, { kind: 'malformed', reason: /too many messages/ });
    t.equal(passed.length, 5000 * unit.length);
    const playing = watch(ok + unit.repeat(65_536), [65_536], ['PLAY rtsp://camera/ RTSP/1.0\r\n\r\n']);
    t.equal(playing.refusal, undefined, 'one that plays may');
  }
});

t.test('a redirect never comes through, wherever it stands', async (t) => {
  for (const before of ['', ok, described, packet, ok + packet, '\r\n']) {
    for (const sizes of [[1], [5], [1000]]) {
      const { passed, refusal } = watch(before + moved, sizes);
      t.match(refusal, { kind: 'redirected', location: 'rtsp://other/' });
      t.equal(passed, before);
    }
  }
  const two = moved.replace('\r\n\r\n', '\r\nLocation: rtsp://same/\r\n\r\n');
  t.match(watch(two), { passed: '', refusal: { kind: 'redirected', location: undefined } });
  t.match(watch(moved.replace(/Location.*\r\n/, '')), { passed: '', refusal: { kind: 'redirected' } });
  const same = watch(moved.replace('other', 'same'));
  t.equal(same.passed, 'RTSP/1.0 302 Found\r\nCSeq: 2\r\nLocation: rtsp://127.0.0.1:9/\r\n\r\n');
});

t.test('what can be read in two ways is not handed on', async (t) => {
  const texts = [
    'HTTP/1.0 302 Found\r\n\r\n',
    'RTSP/1.0  302 Found\r\n\r\n',
    'RTSP/1.0 0302 Found\r\n\r\n',
    'RTSP/1.0 20\r0 OK\r\n\r\n',
    'RTSP/1.0 200 OK\r\n$\0\0\x04RTSP\r\n\r\n',
    'RTSP/1.0 200 OK\r\nA: b\r\n Content-Length: 9\r\n\r\n',
    'RTSP/1.0 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n',
    'RTSP/1.0 200 OK\r\nContent-Length : 3\r\n\r\n',
    'RTSP/1.0 200 OK\r\nContent-Length: 9999999\r\n\r\n',
    'RTSP/1.0 200 OK\r\nA: \0\r\n\r\n',
    `RTSP/1.0 200 OK\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`,
    `RTSP/1.0 200 OK ${'x'.repeat(20_000)}`,
  ];
  for (const text of texts) {
    t.match(watch(text), { passed: '', refusal: { kind: 'malformed' } }, JSON.stringify(text.slice(0, 60)));
  }
});

t.test('once it plays everything is passed, and not before it was asked to', async (t) => {
  const play = 'PLAY rtsp://127.0.0.1:9/ RTSP/1.0\r\n\r\n';
  const junk = `${ok}no RTSP at all\n${moved}`;
  t.match(watch(junk, [7], [play]), { passed: junk, refusal: undefined, playing: true });
  t.match(watch(junk, [7], ['OPTIONS x', 'PLAYED']), { playing: false, refusal: { kind: 'malformed' } });
  const refused = `RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n\r\n${moved}`;
  t.match(watch(refused, [], [play]), { playing: false, refusal: { kind: 'redirected' } });
});

t.test('where media come from is told in the relay’s words, and never twice', async (t) => {
  const setUp = (...fields: string[]): string =>
    ['RTSP/1.0 200 OK', 'CSeq: 3', ...fields, '', ''].join('\r\n');
  const told = setUp('Transport: RTP/AVP;unicast;source=192.0.2.7', 'Session: 1');
  for (const sizes of [[1], [7], [1000]]) {
    const answer = setUp('transport:RTP/AVP;unicast;source=127.0.0.1;server_port=53', 'Session: 1');
    t.match(watch(answer + ok, sizes), { passed: told + ok, refusal: undefined });
  }
  t.match(watch(ok + setUp('Transport: elsewhere')), {
    passed: ok,
    refusal: { kind: 'transport', reason: 'elsewhere' },
  });
  const twice = setUp('Transport: RTP/AVP', 'TRANSPORT: RTP/AVP;source=127.0.0.1');
  t.match(watch(twice), { passed: '', refusal: { kind: 'malformed' } });
  // Also in the answer to PLAY, and of an answer that nobody has asked for.
  const play = 'PLAY rtsp://127.0.0.1:9/ RTSP/1.0\r\n\r\n';
  t.match(watch(setUp('Transport: elsewhere'), [], [play]), { passed: '', refusal: { kind: 'transport' } });
});

/** As FFmpeg reads (libavformat/rtsp.c, ff_rtsp_read_reply): lines end with a line feed, a $ at their beginning is a packet. */
function statusesAsFfmpeg(text: string): number[] {
  const statuses: number[] = [];
  for (let at = 0; at < text.length; ) {
    const lines: string[] = [];
    let length = 0;
    for (;;) {
      while (text[at] === '$') at += 4 + text.charCodeAt(at + 2) * 256 + text.charCodeAt(at + 3);
      const end = text.indexOf('\n', at);
      if (end < 0) return statuses;
      const line = text.slice(at, end).replaceAll('\r', '');
      at = end + 1;
      if (line === '') break;
      const bytes = /^content-length:\s*(\d+)/i.exec(line)?.[1];
      if (bytes !== undefined) length = Number(bytes);
      lines.push(line);
    }
    const [protocol = '', status = ''] = (lines[0] ?? '').trim().split(/[ \t]+/);
    if (protocol.startsWith('RTSP/')) statuses.push(Number.parseInt(status, 10));
    at += length;
  }
  return statuses;
}

t.test(
  'no mixture of what a camera may send hides a redirect from the watch and not from FFmpeg',
  async (t) => {
    const piece = fc.oneof(
      fc.constantFrom(
        ok,
        described,
        packet,
        moved,
        '\r\n',
        '\n',
        '$',
        'Location: rtsp://x/\r\n',
        'RTSP/1.0 302 x\r\n',
      ),
      fc.constantFrom(
        '$\0\0\x10',
        'Content-Length: 5\r\n',
        'RTSP/1.0 200 OK\r\n',
        'content-length:\t40\r\n',
        '\r',
        ' 301',
      ),
      fc.string({ maxLength: 12 }),
    );
    const check = fc.check(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 4 }),
        (pieces, sizes) => {
          const { passed } = watch(Buffer.from(pieces.join(''), 'latin1'), sizes);
          return statusesAsFfmpeg(passed).every((status) => !(status >= 300 && status < 400));
        },
      ),
      { numRuns: 20_000 },
    );
    t.notOk(check.failed, fc.defaultReportMessage(check) ?? 'none');
  },
);
