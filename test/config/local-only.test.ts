import t from 'tap';
import { localOnlyProblems } from '../../src/config/local-only.js';

const isModelName = (name: string) => name.startsWith('known');

function refusedPaths(data: Record<string, unknown>): string[] {
  return localOnlyProblems(data, isModelName).map(({ path }) => path);
}

t.test('keys of the local file alone, each by its path', async (t) => {
  const data = {
    device_id: 'box',
    state_dir: '/tmp',
    mqtt: { url: 'mqtt://h', keepalive_s: 9, unknown: 1 },
    control: { remote_config: false, allow_snapshot: true },
    secrets: {},
    model: { id: '/etc/passwd', device: 'CPU' },
    cameras: [{ id: 'a' }, { id: 'b', source: 'gst:x', password: 'c4n4ry' }],
    log: { level: 'debug' },
    unknown: { mqtt: { url: 1 } },
  };
  t.same(refusedPaths(data), [
    'device_id',
    'state_dir',
    'mqtt.url',
    'mqtt.keepalive_s',
    'control.remote_config',
    'control.allow_snapshot',
    'secrets',
    'model.id',
    'cameras.1.source',
    'cameras.1.password',
  ]);
  t.notMatch(JSON.stringify(localOnlyProblems(data, isModelName)), 'c4n4ry');
  t.same(refusedPaths({ model: {}, mqtt: {}, cameras: [], pose: { min_score: 1 } }), []);
  t.same(refusedPaths({ model: 1, cameras: 'x', log: null, secrets: null }), ['secrets']);
});

t.test('sources', async (t) => {
  const refused = (source: unknown) => refusedPaths({ cameras: [{ source }] }).length === 1;
  const allowed = ['sample:', '0', '12', '/dev/video0', '/dev/video12', 'csi:0', 'csi:1?width=640&fps=30'];
  allowed.push('rtmp://h/live/a', 'rtmps://h/live/a', 'srt://h:9000?streamid=a', 'https://h/a.m3u8');
  allowed.push('rtsp://h', 'rtsps://h:322/a', 'http://h/a?b=c&d', 'HTTPS://h/a;b', 'rtsp://[::1]:554/x');
  allowed.push('onvif://h', 'ONVIF://h:80/?profile=a%20b');
  for (const source of [...allowed, 7, null]) t.notOk(refused(source), String(source));
  const forbidden = ['clip.mp4', './clip.mp4', '/etc/passwd', '../x', '~/x', 'sample:/../x', 'sample', ''];
  forbidden.push(
    'srt://h:9000?passphrase=c4n4ry-c4n4ry',
    'rtmp://u:p@h/live/a',
    'rtmp://h/live/a?password=x',
  );
  forbidden.push(
    'file:///etc/passwd',
    'FILE:///x',
    'file:x',
    'gst:videotestsrc',
    'GST:x',
    'concat:a|b',
    'ftp://h',
  );
  forbidden.push(
    '/dev/video0/../sda',
    '/dev/sda',
    '/dev/videoX',
    '/dev/v4l/by-id/../../sda',
    '0 ',
    ' 0',
    '1e3',
  );
  forbidden.push('csi:0?x=1 ! filesrc', 'csi:0?width=1!2', 'csi:0 ! x', 'csi:0?', 'csi:', 'csi:0\n', '0\n');
  forbidden.push(
    'rtsp://u:p@h',
    'rtsp://u@h',
    'http://:p@h',
    'http://h/?password=x',
    'http://h/?user=a&pwd=b',
  );
  forbidden.push(
    'http://h/a b',
    'http://h/\n',
    'rtsp://h/\u0000',
    ' rtsp://h',
    'rtsp:h',
    'http:/h',
    'http://h/ä',
  );
  for (const source of forbidden) t.ok(refused(source), JSON.stringify(source));
});

t.test('models', async (t) => {
  const refused = (id: unknown) => refusedPaths({ model: { id } }).length === 1;
  for (const id of ['auto', 'known', 'known/FP16', 'other', 'a.b-c_d', 5]) t.notOk(refused(id), String(id));
  const paths = [
    '/x',
    './x',
    '../x',
    'a/b',
    'x.xml',
    'x.ONNX',
    'x.tflite',
    'known/x.xml',
    'known/../x',
    'known/../../x',
  ];
  for (const id of [...paths, 'known/', '/known', '.', '..', '', 'a b', 'a\\b', 'known/a/b', 'x\n', '~']) {
    t.ok(refused(id), JSON.stringify(id));
  }
});

t.test('passwords', async (t) => {
  const refused = (password: unknown) => refusedPaths({ cameras: [{ password }] }).length === 1;
  for (const password of ['c4n4ry', '', 5, null, ['c4n4ry'], true]) t.ok(refused(password), String(password));
  t.notOk(refused({ secret: 'door' }));
});
