import t from 'tap';
import { parseSource } from '../../src/camera/parse-source.js';
import { cameraSource } from '../../src/config/camera-source.js';
import { ConfigSources } from '../../src/config/config-sources.js';
import { examineRemote } from '../../src/config/examine-remote.js';
import { parseOnvifAddress } from '../../src/network/onvif-address.js';

const good: [text: string, profile: string | undefined][] = [
  ['onvif://h', undefined],
  ['ONVIF://h/', undefined],
  ['onvif://192.0.2.7:8000/?profile=main', 'main'],
  ['onvif://[2001:db8::7]/?profile=a%20%26%20b', 'a & b'],
  ['onvif://u:p%40@h/', undefined],
];
const bad = [
  'onvif://',
  'onvif:///',
  'onvif:h',
  'onvif://h:99999/',
  'onvif://h/onvif/device_service',
  'onvif://h/?a=b',
];
bad.push('onvif://h/?profile=', 'onvif://h/?profile=a&profile=b', 'onvif://h/#a', 'onvif://h/?profile=a#b');

function load(source: string, more: object = {}, environment: object = {}) {
  const cameras = JSON.stringify([{ id: 'a', source, ...more }]);
  return ConfigSources.read({ environment: { HOME: '/h', EDGE_POSE_CAMERAS: cameras, ...environment } });
}

t.test('the address of an ONVIF camera', async (t) => {
  for (const [text, profile] of good) {
    t.same(parseOnvifAddress(text), { profile }, text);
    t.same(parseSource(` ${text} `), { kind: 'onvif', url: text, profile }, text);
    t.doesNotThrow(() => load(text, { transport: 'udp' }).effective(), text);
    t.doesNotThrow(() => load(` ${text} `).effective(), text);
  }
  for (const text of bad) {
    t.equal(parseOnvifAddress(text), undefined, text);
    t.throws(() => parseSource(text), { code: 'CAMERA_SOURCE_INVALID' }, text);
    if (text !== 'onvif:h') t.throws(() => load(text).effective(), { code: 'CONFIG_INVALID' }, text);
  }
  t.equal(parseOnvifAddress('http://h/'), undefined);
});

t.test('login and decoder go into it as into others', async (t) => {
  const { config } = load('onvif://h:81/?profile=a', {
    username: 'b@b',
    password: 'p/w',
    decoder: 'jetson',
  }).effective();
  const text = cameraSource(config.cameras[0] as (typeof config.cameras)[0], {});
  t.equal(text, 'jetson+onvif://b%40b:p%2Fw@h:81/?profile=a');
  t.match(parseSource(text), { kind: 'onvif', profile: 'a', jetson: true });
});

t.test('a remote document may name one, and a secret that is for every port of its host alone', async (t) => {
  const secrets = JSON.stringify({
    host: { value: 'c4n4ry', hosts: ['192.0.2.7'] },
    port: { value: 'c4n4ry', hosts: ['192.0.2.7:80', '192.0.2.7:554'] },
    other: { value: 'c4n4ry', hosts: ['192.0.2.8'] },
  });
  const sources = ConfigSources.read({ environment: { HOME: '/h', EDGE_POSE_SECRETS: secrets } });
  const examine = (source: string, secret?: string) => {
    const login = secret === undefined ? {} : { username: 'u', password: { secret } };
    return examineRemote({ cameras: [{ id: 'a', source, ...login }] }, { sources, isModelName: () => true });
  };
  const source = 'onvif://192.0.2.7/?profile=a%20b';
  t.ok('loaded' in examine(source));
  t.ok('loaded' in examine(source, 'host'));
  for (const secret of ['port', 'other']) {
    const examined = examine(source, secret);
    const problems = 'refusal' in examined ? examined.refusal.problems : [];
    t.match(problems, [
      { path: 'cameras.0.password.secret', expected: /every port of 192\.0\.2\.7 .*"192\.0\.2\.7"/ },
    ]);
    t.notMatch(JSON.stringify(problems), /c4n4ry/);
  }
  t.ok('loaded' in examine('rtsp://192.0.2.7/', 'port'), 'as before, where the port is named');
  for (const text of [
    'onvif://u:p@192.0.2.7/',
    'onvif://127.0.0.1/',
    'onvif://localhost/',
    'onvif://h/?profile=ä',
  ]) {
    t.ok('refusal' in examine(text), text);
  }
});
