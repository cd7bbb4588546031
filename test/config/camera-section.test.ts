import t from 'tap';
import { parseConfig } from '../../src/config/parse-config.js';

const problemsOf = (camera: object): string[] => {
  const parsed = parseConfig({ cameras: [{ id: 'a', ...camera }] });
  return 'problems' in parsed ? parsed.problems.map(({ path, expected }) => `${path}: ${expected}`) : [];
};

t.test('which texts name a source', async (t) => {
  const good = [
    'sample:',
    'clip.mp4',
    'rtmp://192.0.2.7/live/door',
    'rtmps://cam.example.com/live/door',
    'srt://192.0.2.7:9000?streamid=door&passphrase=0123456789',
    'srt://[2001:db8::1]:9000',
    'https://192.0.2.7/live/index.m3u8',
    'file:///media/50%25%20light%3F.mp4',
    'file:///media/two%0Alines.mp4',
  ];
  for (const source of good) t.same(problemsOf({ source }), [], source);
  const bad = [
    'srt://192.0.2.7',
    'srt://192.0.2.7:9000?mode=listener',
    'srt://192.0.2.7:9000?passphrase=short',
    'rtmp://192.0.2.7/live swfVfy=1',
    'udp://239.1.2.3:5000',
    'file://host/clip.mp4',
    'file:///media/100% light.mp4',
    'file:///media/clip.mp4?start=3',
  ];
  for (const source of bad) t.match(problemsOf({ source }), [/^cameras\.0\.source: /], source);
});

t.test('UDP is for RTSP cameras that FFmpeg decodes', async (t) => {
  t.match(parseConfig({ cameras: [{ id: 'a', source: 'rtsp://h/1' }] }), {
    config: { cameras: [{ transport: 'auto' }] },
  });
  for (const transport of ['auto', 'tcp', 'udp']) t.same(problemsOf({ source: 'rtsp://h/1', transport }), []);
  for (const source of ['rtsps://h/1', 'http://h/1', 'srt://h:1', '0', 'sample:']) {
    t.match(
      problemsOf({ source, transport: 'udp' }),
      [/^cameras\.0\.transport: auto or tcp, because/],
      source,
    );
    t.same(problemsOf({ source, transport: 'tcp' }), []);
  }
  t.match(problemsOf({ source: 'rtsp://h/1', decoder: 'jetson', transport: 'udp' }), [
    /^cameras\.0\.transport/,
  ]);
});

t.test('VAAPI is for network cameras', async (t) => {
  t.match(parseConfig({ cameras: [{ id: 'a', source: 'rtsp://h/1' }] }), {
    config: { cameras: [{ decoder: 'auto' }] },
  });
  for (const source of [
    'rtsp://h/1',
    'rtsps://h/1',
    'http://h/1',
    'srt://h:1',
    'rtmp://h/a/b',
    'onvif://h/',
  ]) {
    for (const decoder of ['auto', 'software', 'vaapi']) t.same(problemsOf({ source, decoder }), [], source);
  }
  for (const source of ['0', 'sample:', 'clip.mp4', 'file:///clip.mp4', 'csi:0', 'gst:videotestsrc']) {
    t.match(
      problemsOf({ source, decoder: 'vaapi' }),
      [/^cameras\.0\.decoder: auto or software, because only network/],
      source,
    );
    t.same(problemsOf({ source, decoder: 'auto' }), []);
  }
});

t.test('a login is for addresses that take one', async (t) => {
  const login = { username: 'bob', password: 'x' };
  t.same(problemsOf({ source: 'rtmp://h/live/door', ...login }), []);
  t.match(problemsOf({ source: 'srt://h:9000', ...login }), [
    /only RTSP, HTTP, RTMP and ONVIF sources take a login/,
  ]);
});
