import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { describeSource, inspectPath, isRecorded, parseSource } from '../../src/camera/parse-source.js';
import { AgentError } from '../../src/errors.js';

t.test('every form is read', (t) => {
  t.match(parseSource('sample:'), { kind: 'sample', path: /media\/sample\.mp4$/ });
  t.strictSame(parseSource('0'), { kind: 'v4l2', device: '/dev/video0' });
  t.strictSame(parseSource('12'), { kind: 'v4l2', device: '/dev/video12' });
  t.strictSame(parseSource('/dev/video3'), { kind: 'v4l2', device: '/dev/video3' });
  t.strictSame(parseSource('/dev/v4l/by-id/usb-Cam'), { kind: 'v4l2', device: '/dev/v4l/by-id/usb-Cam' });
  t.strictSame(parseSource(' clip.mp4 '), { kind: 'path', path: resolve('clip.mp4') });
  t.strictSame(parseSource('a:b.mp4'), { kind: 'path', path: resolve('a:b.mp4') });
  t.strictSame(parseSource('file:///a%20b/c.mp4'), { kind: 'path', path: '/a b/c.mp4' });
  t.strictSame(parseSource('rtsp://h/s'), { kind: 'rtsp', url: 'rtsp://h/s' });
  t.strictSame(parseSource('RTSPS://h/s'), { kind: 'rtsp', url: 'RTSPS://h/s' });
  t.strictSame(parseSource('https://h/s'), { kind: 'http', url: 'https://h/s' });
  t.strictSame(parseSource('rtmp://h/live/a'), { kind: 'rtmp', url: 'rtmp://h/live/a' });
  t.strictSame(parseSource('RTMPS://h/live/a'), { kind: 'rtmp', url: 'RTMPS://h/live/a' });
  const srt = 'srt://h:9000?streamid=a&passphrase=0123456789&mode=caller';
  t.strictSame(parseSource(srt), { kind: 'srt', url: srt });
  t.end();
});

t.test('the short form of a CSI camera', (t) => {
  const sensor = { kind: 'csi', sensor: 0, width: 1280, height: 720, fps: 30, flip: 0 };
  t.strictSame(parseSource('csi:0'), sensor);
  const turned = { ...sensor, sensor: 1, width: 640, height: 480, fps: 60, flip: 2 };
  t.strictSame(parseSource('csi:1?fps=60&flip=2&width=640&height=480'), turned);
  t.end();
});

t.test('a decoder may be named before the scheme', (t) => {
  const url = 'rtsp://u:p@h/s';
  t.strictSame(parseSource(`jetson+${url}`), { kind: 'rtsp', url, jetson: true });
  t.strictSame(parseSource('jetson+file:///a%20b.mp4'), {
    kind: 'path',
    path: '/a b.mp4',
    jetson: true,
  });
  t.equal(describeSource(parseSource(`jetson+${url}`)), 'rtsp://***@h/s');
  for (const source of [
    'jetson+http://h/s',
    'cuda+rtsp://h/s',
    'software+rtsp://h/s',
    'jetson+software+rtsp://u:canary@h/s',
  ]) {
    const error = t.throws(() => parseSource(source), { code: 'CAMERA_SOURCE_INVALID' }, source);
    t.notMatch(String(error), /canary/);
  }
  t.end();
});

t.test('a GStreamer pipeline without a sink gets ours, one with a sink stays as it is', (t) => {
  t.match(parseSource('gst:videotestsrc'), {
    pipeline:
      'videotestsrc ! videoconvert ! video/x-raw,format=BGR ! appsink drop=true max-buffers=1 sync=false',
  });
  t.match(parseSource('gst: a ! appsink name=x'), { pipeline: 'a ! appsink name=x' });
  t.end();
});

t.test('what is malformed is refused with what was expected', (t) => {
  const cases: [string, RegExp][] = [
    ['', /empty/],
    ['a\0b', /NUL/],
    ['csi:', /expected csi:SENSOR/],
    ['csi:0?width=12x', /width: expected a whole number from 16 to 8192, found "12x"/],
    ['csi:0?speed=1', /unknown option speed; known are width, height, fps, flip/],
    ['gst:', /needs a pipeline/],
    ['ftp://h/x', /scheme ftp:\/\/ is not supported/],
    ['rtsp:/h/x', /begins with rtsp:\/\//],
    ['rtsp://h:99999/x', /not a valid URL/],
    ['http://', /not a valid URL/],
    ['file://host/x', /must be local/],
    ['srt://h', /expected srt:\/\/HOST:PORT/],
    ['srt://h:9000?mode=listener', /mode=caller/],
    ['srt://h:9000?passphrase=short', /passphrase= of 10 to 79 bytes/],
    ['srt://h:9000?tlpktdrop=0', /at most \?streamid=/],
    ['srt://h:9000/path', /expected srt/],
    ['rtmp://h/live swfVfy=1', /has a blank in it/],
    ['rtmp:h/live', /begins with rtmp:\/\//],
  ];
  for (const [source, expected] of cases) {
    t.throws(() => parseSource(source), { code: 'CAMERA_SOURCE_INVALID', message: expected }, source);
  }
  t.end();
});

t.test('no description and no error shows credentials', (t) => {
  const sources = [
    'rtsp://bob:canary@h:554/s?token=canary',
    'http://bob:canary@h/s',
    'rtsp://bob:canary@h:99999/s',
    'rtsp://bob:can ary/canary@h/s',
    'rtsp://bob:canary/canary@h/s',
    'rtsp:/bob:canary@h/s',
    'ftp://bob:canary@h/s',
    'onvif://bob:canary@h/?profile=a',
    'onvif://bob:canary@h/path',
    'rtmp://bob:canary@h/live?password=canary',
    'srt://h:9000?passphrase=canary-canary',
    'srt://h:9000?passphrase=canary',
    'gst:rtspsrc location=rtsp://bob:canary@h/s ! decodebin',
    'gst:rtspsrc user-id=bob user-pw="canary bird" location=rtsp://h/s ! decodebin',
  ];
  for (const source of sources) {
    let shown: string;
    try {
      shown = describeSource(parseSource(source));
    } catch (error) {
      shown = `${(error as Error).stack} ${String((error as Error).cause)}`;
    }
    t.notMatch(shown, /canary/, source);
    t.not(shown, '');
  }
  t.equal(describeSource(parseSource('rtsp://bob:canary@h:554/s')), 'rtsp://***@h:554/s');
  t.end();
});

t.test('any text is either read or refused with the code for it', (t) => {
  const prefix = fc.constantFrom(
    '',
    'csi:',
    'csi:0?',
    'gst:',
    'rtsp://',
    'jetson+rtsp://',
    'onvif://',
    'onvif://h/?profile=',
    'http://u:p@',
    'file://',
    '/dev/video',
  );
  fc.assert(
    fc.property(prefix, fc.string({ unit: 'binary' }), (start, rest) => {
      try {
        return typeof describeSource(parseSource(start + rest)) === 'string';
      } catch (error) {
        return error instanceof AgentError && error.code === 'CAMERA_SOURCE_INVALID';
      }
    }),
    { numRuns: 2000 },
  );
  t.end();
});

t.test('recordings are told from live sources, and pictures from videos', (t) => {
  t.ok(isRecorded(parseSource('sample:')));
  t.ok(isRecorded(parseSource('x.mp4')));
  t.notOk(isRecorded(parseSource('0')));
  const folder = t.testdir({ 'a.mp4': 'x', 'b.JPG': 'x', 'empty.mp4': '' });
  mkdirSync(join(folder, 'pictures'));
  writeFileSync(join(folder, 'pictures', 'a.png'), 'x');
  t.equal(inspectPath(join(folder, 'a.mp4')), 'video');
  t.equal(inspectPath(join(folder, 'b.JPG')), 'pictures');
  t.equal(inspectPath(join(folder, 'pictures')), 'pictures');
  const code = 'CAMERA_OPEN_FAILED';
  t.throws(() => inspectPath(join(folder, 'none')), { code, message: /none does not exist/ });
  t.throws(() => inspectPath(join(folder, 'a.mp4', 'b')), { code, message: /does not exist/ });
  t.throws(() => inspectPath(join(folder, 'empty.mp4')), { code, message: /empty \(0 bytes\)/ });
  t.throws(() => inspectPath('/dev/null'), { code, message: /neither a file nor a folder/ });
  t.end();
});
