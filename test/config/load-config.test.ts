import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ConfigInvalidError } from '../../src/config/config-problem.js';
import { type LoadConfigOptions, loadConfig } from '../../src/config/load-config.js';
import { AgentError } from '../../src/errors.js';

interface Case extends Omit<LoadConfigOptions, 'configFile'> {
  yaml?: string;
}

function load(t: Test, { yaml, environment = {}, flags }: Case) {
  let configFile: string | undefined;
  if (yaml !== undefined) {
    configFile = join(t.testdir(), 'config.yaml');
    writeFileSync(configFile, yaml);
  }
  return loadConfig({ configFile, environment: { HOME: '/home/box', ...environment }, flags }).config;
}

function failure(t: Test, one: Case): ConfigInvalidError {
  try {
    load(t, one);
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error;
    throw error;
  }
  throw new Error('this configuration was expected to be refused');
}

t.test('nothing configured gives a whole configuration', async (t) => {
  const config = load(t, {});
  t.match(config, {
    model: {
      id: 'auto',
      engine: 'auto',
      device: 'auto',
      precision: 'auto',
      mode: 'throughput',
      threads: 0,
      requests: 0,
      max_people: 4,
      limb_ratio: 'all',
      smooth: true,
    },
    cameras: [
      {
        id: 'cam0',
        source: 'sample:',
        enabled: true,
        decoder: 'auto',
        loop: true,
        pace: 'realtime',
        rotate: 0,
        flip: 'none',
        masks: [],
      },
    ],
    mqtt: { keepalive_s: 15, embedded_port: 1883 },
    pose: { min_score: 0 },
    stats: { interval_s: 10 },
    log: { level: 'info' },
    state_dir: '/home/box/.local/state/edge-pose-agent',
  });
  t.match(config.device_id, /^[a-z0-9-]+-[0-9a-f]{6}$/);
  t.equal(config.mqtt.url, undefined);
});

t.test('flags beat environment beats file beats defaults', async (t) => {
  const yaml = 'model: {id: from-file, device: GPU, threads: 3}\nmqtt: {keepalive_s: 20}\n';
  const environment = { EDGE_POSE_MODEL__ID: 'from-env', EDGE_POSE_MODEL__DEVICE: 'NPU' };
  const config = load(t, { yaml, environment, flags: { model: 'from-flag' } });
  t.match(config.model, { id: 'from-flag', device: 'NPU', threads: 3, engine: 'auto' });
  t.equal(config.mqtt.keepalive_s, 20);
});

t.test('a text key takes the variable as it stands, other keys read it as YAML', async (t) => {
  const environment = {
    EDGE_POSE_MQTT__USERNAME: '0123',
    EDGE_POSE_MQTT__PASSWORD: ' true: [x] # y',
    EDGE_POSE_CAMERAS__0__SOURCE: '0',
    EDGE_POSE_CAMERAS__0__LOOP: 'false',
    EDGE_POSE_CAMERAS__0__FPS: '12.5',
    EDGE_POSE_MODEL__THREADS: '2',
    EDGE_POSE_STATS: '{interval_s: 3}',
  };
  const config = load(t, { environment });
  t.match(config.mqtt, { username: '0123', password: ' true: [x] # y' });
  t.match(config.cameras, [{ id: 'cam0', source: '0', loop: false, fps: 12.5 }]);
  t.equal(config.model.threads, 2);
  t.equal(config.stats.interval_s, 3);
});

t.test('the environment changes entries of a list and adds behind the last', async (t) => {
  const yaml = 'cameras: [{id: a, source: one.mp4}, {id: b, source: two.mp4}]';
  const environment = {
    EDGE_POSE_CAMERAS__2__SOURCE: 'three.mp4',
    EDGE_POSE_CAMERAS__2__ID: 'c',
    EDGE_POSE_CAMERAS__1__SOURCE: 'other.mp4',
  };
  const { cameras } = load(t, { yaml, environment });
  t.same(
    cameras.map(({ id, source }) => [id, source]),
    [
      ['a', 'one.mp4'],
      ['b', 'other.mp4'],
      ['c', 'three.mp4'],
    ],
  );
  const { problems } = failure(t, { yaml, environment: { EDGE_POSE_CAMERAS__5__ID: 'x' } });
  t.match(problems, [
    { path: 'EDGE_POSE_CAMERAS__5__ID', expected: 'a camera from 0 to 2', found: 'number 5' },
  ]);
  const whole = load(t, { yaml, environment: { EDGE_POSE_CAMERAS: '[{"id":"z","source":"csi:0"}]' } });
  t.match(whole.cameras, [{ id: 'z', source: 'csi:0' }]);
});

t.test('flags go to the only camera, pace to every camera', async (t) => {
  t.match(load(t, { flags: { source: 'clip.mp4', pace: 'max' } }).cameras, [
    { id: 'cam0', source: 'clip.mp4', pace: 'max' },
  ]);
  const yaml = 'cameras: [{id: a}, {id: b}]';
  t.match(load(t, { yaml, flags: { pace: 'max' } }).cameras, [{ pace: 'max' }, { pace: 'max' }]);
  const { message } = failure(t, { yaml, flags: { source: 'clip.mp4' } });
  t.match(message, /--source: expected a configuration with a single camera, found a list of 2 entries/);
  const flags = { engine: 'tensorrt', device: 'GPU.1', mqtt: 'mqtt://broker' };
  const config = load(t, { flags });
  t.match(config, { model: { engine: 'tensorrt', device: 'GPU.1' }, mqtt: { url: 'mqtt://broker' } });
});

t.test('every wrong value is named with what was expected, what was found and where', async (t) => {
  const yaml = [
    'device_id: Hall 3',
    'model:',
    '  engine: onnx',
    '  device: TPU',
    '  threads: many',
    '  max_people: 99',
    '  input_height: 250',
    '  smooth: yes',
    'cameras:',
    '  - {id: Front, source: ftp://host/x}',
    '  - {source: 0, width: 1.5}',
    'mqtt: {url: "http://broker"}',
    'pose: [1]',
    'stats: {interval_s: .inf}',
    'log: loud',
  ].join('\n');
  const { message } = failure(t, { yaml });
  const lines = message.split('\n').map((line) => line.replace(/\(\/.*config\.yaml/, '(FILE'));
  t.match(lines[0], 'The configuration has 16 problems:');
  const range = 'expected a whole number from';
  for (const expected of [
    'device_id: expected a name of lower-case letters, digits and hyphens, at most 64, found the text "Hall 3" (FILE, line 1)',
    'model.engine: expected one of auto, openvino, tensorrt, found the text "onnx" (FILE, line 3)',
    'model.device: expected auto, CPU, GPU, NPU or AUTO, or one of several devices like GPU.0 or DLA.0, found the text "TPU" (FILE, line 4)',
    `model.threads: ${range} 0 to 1024, found the text "many" (FILE, line 5)`,
    `model.max_people: ${range} 1 to 32, found the number 99 (FILE, line 6)`,
    `model.input_height: ${range} 64 to 1024, a multiple of 8, found the number 250 (FILE, line 7)`,
    'model.smooth: expected true or false, found the text "yes" (FILE, line 8)',
    'cameras.0.id: expected a name of lower-case letters, digits and hyphens, at most 64, found the text "Front" (FILE, line 10)',
    'cameras.1.id: expected a name of lower-case letters, digits and hyphens, at most 64, found nothing (FILE, line 11)',
    `cameras.1.width: ${range} 16 to 8192, found the number 1.5 (FILE, line 11)`,
    'mqtt.url: expected mqtt://host:1883 or mqtts://host:8883, found the text "http://broker" (FILE, line 12)',
    'pose: expected a mapping with the keys min_score, found a list of 1 entry (FILE, line 13)',
    `stats.interval_s: ${range} 1 to 3600, found the number Infinity (FILE, line 14)`,
    'log: expected a mapping with the keys level, found a text (FILE, line 15)',
  ]) {
    t.ok(lines.includes(`  ${expected}`), expected);
  }
  t.match(lines.find((line) => line.includes('cameras.0.source')) ?? '', /found the text "ftp:\/\/host\/x"/);
  t.match(
    lines.find((line) => line.includes('cameras.1.source')) ?? '',
    /found the number 0 \(write it in quotes: "0"\)/,
  );
});

t.test(
  'what was meant is looked for some times in a document, not for each of thousands of keys',
  async (t) => {
    const misspelt = Object.fromEntries(
      ['souce', 'widht', 'heigt', 'fpss', 'enabeld'].map((key) => [key, 1]),
    );
    const cameras = Array.from({ length: 16 }, (_, n) => ({ id: `c${n}`, source: '0', ...misspelt }));
    const { problems } = failure(t, { yaml: JSON.stringify({ cameras }) });
    const meant = problems.filter(({ expected }) => expected.includes('did you mean'));
    t.ok(meant.length > 0 && meant.length <= 32, `${meant.length} of ${problems.length}`);
  },
);

t.test('unknown keys and variables are refused, with the one that was probably meant', async (t) => {
  const yaml = 'mqqt: {}\nmodel: {nmae: x, thread: 1}\nurl: mqtt://x\ncameras: [{id: a, sorce: "0", zzz: 1}]';
  const environment = { EDGE_POSE_MQTT__ULR: 'x', EDGE_POSE_QQQQQQQQQQ: 'x', EDGE_POSE_mqtt__url: 'x' };
  const { problems } = failure(t, { yaml, environment });
  const expected = (path: string) => problems.find((one) => one.path === path)?.expected;
  t.equal(expected('mqqt'), 'a known key (did you mean mqtt?)');
  t.equal(expected('url'), 'a known key (did you mean mqtt.url?)');
  t.equal(expected('model.thread'), 'a known key (did you mean threads?)');
  t.match(expected('model.nmae'), /^one of the keys id, engine, device/);
  t.equal(expected('cameras.0.sorce'), 'a known key (did you mean source?)');
  t.match(expected('cameras.0.zzz'), /^one of the keys id, source/);
  t.equal(expected('EDGE_POSE_MQTT__ULR'), 'a known variable (did you mean EDGE_POSE_MQTT__URL?)');
  t.equal(expected('EDGE_POSE_QQQQQQQQQQ'), 'a known variable');
  t.equal(expected('EDGE_POSE_mqtt__url'), 'a known variable (did you mean EDGE_POSE_MQTT__URL?)');
  const known = { EDGE_POSE_SHARED: '/data', EDGE_POSE_CONFIG: '', OTHER: 'x' };
  t.ok(load(t, { environment: known }), 'variables that are no keys are left alone');
});

t.test('a problem names the variable or flag that the value came from', async (t) => {
  const { message } = failure(t, {
    yaml: 'model: {threads: 1}',
    environment: { EDGE_POSE_MODEL__THREADS: 'many' },
    flags: { engine: 'onnx' },
  });
  t.match(message, 'found the text "many" (EDGE_POSE_MODEL__THREADS)');
  t.match(message, 'found the text "onnx" (--engine)');
});

t.test('camera ids are used once, and files of a certificate come in pairs', async (t) => {
  const duplicate = failure(t, { yaml: 'cameras: [{id: a}, {id: b}, {id: a}]' });
  t.match(duplicate.problems, [
    { path: 'cameras.2.id', expected: 'an id that no other camera has', found: 'the text "a"' },
  ]);
  const pair = failure(t, { yaml: 'mqtt: {url: "mqtts://b", cert_file: /c.pem}' });
  t.match(pair.problems, [{ path: 'mqtt.key_file', expected: 'a path, because mqtt.cert_file is set' }]);
  const plain = failure(t, { yaml: 'mqtt: {url: "mqtt://b", ca_file: /c.pem}' });
  t.match(plain.problems, [{ path: 'mqtt.url', expected: /mqtts:\/\/host:8883, because/ }]);
  t.match(
    failure(t, { yaml: 'cameras: []' }).message,
    'cameras: expected a list of 1 to 16 entries, found a list of 0',
  );
});

t.test('a device is one of the engine that is named', async (t) => {
  const found = (engine: string, device: string) => {
    const [problem] = failure(t, { yaml: `model: {engine: ${engine}, device: ${device}}` }).problems;
    return `${problem?.path}: expected ${problem?.expected}`;
  };
  const ofTensorrt =
    'model.device: expected auto or GPU, or one of several devices like GPU.1 or DLA.0 (model.engine is tensorrt)';
  for (const device of ['CPU', 'NPU', 'AUTO']) t.equal(found('tensorrt', device), ofTensorrt, device);
  t.match(found('openvino', 'DLA.0'), /expected auto, CPU, GPU, NPU or AUTO \(model.engine is openvino\)/);
  for (const device of ['auto', 'GPU', 'GPU.1', 'DLA.1']) {
    t.match(load(t, { flags: { engine: 'tensorrt', device } }), { model: { device } });
  }
  // Which engine auto is, the machine decides.
  for (const device of ['CPU', 'DLA.0']) t.match(load(t, { flags: { device } }), { model: { device } });
});

t.test('sources', async (t) => {
  const good = ['sample:', '0', '/dev/video2', 'rtsp://h/x', 'rtsps://h', 'http://h/a?b=c', 'https://h'];
  good.push('clip.mp4', '../a b', 'csi:0', 'csi:1?width=640&fps=30', 'gst:videotestsrc', 'file:///a.mp4');
  for (const source of good) {
    t.equal(load(t, { flags: { source } }).cameras[0]?.source, source, source);
  }
  for (const source of ['', '  ', 'csi:', 'csi:x', 'gst:', 'gst: ', 'ftp://h/x', 'rtsp://', 'a\0b']) {
    t.match(
      failure(t, { flags: { source } }).problems,
      [{ path: 'cameras.0.source', from: '--source' }],
      source,
    );
  }
});

t.test('credentials in the broker’s URL move to their own keys', async (t) => {
  const yaml = 'mqtt: {url: "mqtt://al%40ice:p%3Ass@broker:1884"}';
  t.match(load(t, { yaml }).mqtt, { url: 'mqtt://broker:1884', username: 'al@ice', password: 'p:ss' });
  const beside = 'mqtt: {url: "mqtt://alice:inside@broker", password: beside}';
  t.match(load(t, { yaml: beside }).mqtt, { url: 'mqtt://broker', username: 'alice', password: 'beside' });
  const flags = { mqtt: 'mqtts://bob:new@[::1]:8883' };
  t.match(load(t, { yaml: beside, flags }).mqtt, {
    url: 'mqtts://[::1]:8883',
    username: 'bob',
    password: 'new',
  });
  const file = 'mqtt: {url: "mqtt://b", password_file: /run/p}';
  const overFile = load(t, { yaml: file, environment: { EDGE_POSE_MQTT__PASSWORD: 'new' } }).mqtt;
  t.equal(overFile.password, 'new');
  t.equal(overFile.password_file, undefined, 'a stronger password replaces a weaker password file');
  const overKey = load(t, {
    yaml: 'mqtt: {password: old}',
    environment: { EDGE_POSE_MQTT__PASSWORD_FILE: '/run/p' },
  });
  t.equal(overKey.mqtt.password, undefined);
  const both = { EDGE_POSE_MQTT__PASSWORD: 'x', EDGE_POSE_MQTT__PASSWORD_FILE: '/run/p' };
  t.match(failure(t, { environment: both }).problems, [{ path: 'mqtt.password_file' }]);
  for (const url of [
    'mqtt://',
    'mqtt://h/topic',
    'ws://h',
    'broker:1883',
    'mqtt://h?x=1',
    'mqtt://u:p/w@h',
  ]) {
    t.match(failure(t, { flags: { mqtt: url } }).problems, [{ path: 'mqtt.url', from: '--mqtt' }], url);
  }
});

t.test('no error shows a secret', async (t) => {
  const canary = 'c4n4ry';
  const cases: Case[] = [
    { yaml: `mqtt: {password: 1, passwort: ${canary}}` },
    { yaml: `mqtt: {password: [${canary}]}` },
    { yaml: `mqtt: ${canary}` },
    { yaml: `mqtt: mqtt://u:${canary}@h` },
    { yaml: `cameras: rtsp://u:${canary}@h` },
    { yaml: `cameras: [{id: a, source: "ftp://u:${canary}@h"}]` },
    { yaml: `cameras: [{id: "rtsp://u:${canary}@h"}]` },
    { yaml: `cameras: [{id: "http://h/x?password=${canary}&a=1"}]` },
    { yaml: `- mqtt: {password: ${canary}}` },
    { flags: { mqtt: `mqtt://u:${canary}/x@h` } },
    { flags: { mqtt: `u:${canary}@h` } },
    { flags: { mqtt: `mqtt://u:a ${canary} b@h:99999` } },
    { environment: { EDGE_POSE_MQTT__PASSWORDD: canary } },
    { environment: { EDGE_POSE_MQTT: canary } },
    { environment: { EDGE_POSE_MQTT__PASSWORD: canary, EDGE_POSE_MQTT__PASSWORD_FILE: '/x' } },
    { environment: { EDGE_POSE_MQTT__URL: `mqtt://u:${canary}%ZZ@h` } },
  ];
  for (const one of cases) {
    const error = failure(t, one);
    t.notMatch(`${error.stack} ${JSON.stringify(error.problems)}`, canary, JSON.stringify(one));
  }
});

t.test('a file that cannot be used says why and on which line, and quotes nothing of it', async (t) => {
  const cases: Record<string, [text: string, words: RegExp]> = {
    'duplicate.yaml': [
      'mqtt: {}\nlog: {}\nmqtt: {password: c4n4ry}\n',
      /line 3, column 1: a key stands there a second/,
    ],
    'duplicate.json': ['{"log": {},\n\t"log": {}}', /line 2, column 2: a key stands there a second time/],
    'bracket.yaml': ['model:\n  id: [c4n4ry\nlog: {}\n', /line 3/],
    'quote.yaml': ['mqtt:\n  password: "c4n4ry\n', /line \d, column \d+: /],
    'tab.yaml': ['mqtt:\n\tpassword: c4n4ry\n', /line 2/],
    'tag.yaml': ['mqtt:\n  password: !secret c4n4ry\n', /line 2, column \d+: a tag is not known/],
    'two.yaml': ['log: {}\n---\nmqtt: {}\n', /line 2, column 1: a second document begins/],
    'escape.yaml': ['mqtt: {password: "c4n4ry\\q"}\n', /line 1/],
    'bomb.yaml': [
      `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh'].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefg'[i]}`)}]`).join('\n')}\n`,
      /nested too deeply or repeats itself/,
    ],
    'deep.yaml': ['['.repeat(50_000), /cannot be read|line 1/],
    'large.yaml': ['#'.repeat(1024 * 1024 + 1), /has 1048577 bytes, expected at most 1048576/],
  };
  const folder = t.testdir();
  for (const [name, [text, words]] of Object.entries(cases)) {
    const configFile = join(folder, name);
    writeFileSync(configFile, text);
    const error = caught(() => loadConfig({ configFile, environment: {} }), name);
    t.equal(error.code, 'CONFIG_UNREADABLE', name);
    t.match(error.message, words, name);
    t.match(error.message, configFile);
    t.notMatch(String(error.stack) + String(error.cause), 'c4n4ry', name);
  }
  const absent = caught(() => loadConfig({ configFile: join(folder, 'absent.yaml'), environment: {} }));
  t.match(absent, { code: 'CONFIG_UNREADABLE', message: /absent\.yaml does not exist/ });
  const named = caught(() => loadConfig({ environment: { EDGE_POSE_CONFIG: join(folder, 'other.yaml') } }));
  t.match(named, { code: 'CONFIG_UNREADABLE', message: /other\.yaml does not exist/ });
  t.match(caught(() => loadConfig({ configFile: folder, environment: {} })).message, /is a folder/);
});

t.test('JSON files, empty files and empty sections', async (t) => {
  t.match(load(t, { yaml: '{\n\t"stats": {"interval_s": 4},\n\t"pose": {"min_score": 0.25}\n}' }), {
    stats: { interval_s: 4 },
    pose: { min_score: 0.25 },
  });
  t.equal(load(t, { yaml: '' }).stats.interval_s, 10);
  t.equal(load(t, { yaml: '# nothing\n' }).stats.interval_s, 10);
  t.equal(load(t, { yaml: 'stats:\n  # interval_s: 4\n' }).stats.interval_s, 10);
  t.match(failure(t, { yaml: 'stats: {interval_s: }' }).message, 'found null');
});

t.test('__proto__ is a key like any other: unknown', async (t) => {
  for (const yaml of ['__proto__: {polluted: 1}', 'mqtt: {"__proto__": {polluted: 1}}', 'constructor: 1']) {
    t.equal(failure(t, { yaml }).problems.length, 1, yaml);
  }
  t.equal(({} as { polluted?: number }).polluted, undefined);
});

function caught(action: () => unknown, what = 'this'): AgentError {
  try {
    action();
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
  throw new Error(`${what} was expected to be refused`);
}
