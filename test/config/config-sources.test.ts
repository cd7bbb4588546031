import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ConfigInvalidError } from '../../src/config/config-problem.js';
import { ConfigSources, type LoadConfigOptions } from '../../src/config/config-sources.js';

interface Case extends Omit<LoadConfigOptions, 'configFile'> {
  yaml?: string;
}

function read(t: Test, { yaml, environment = {}, flags }: Case): ConfigSources {
  const configFile = yaml === undefined ? undefined : join(t.testdir(), 'config.yaml');
  if (configFile !== undefined) writeFileSync(configFile, yaml as string, { mode: 0o600 });
  return ConfigSources.read({ configFile, environment: { HOME: '/home/box', ...environment }, flags });
}

function problemsOf(action: () => unknown): ConfigInvalidError['problems'] {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.problems;
    throw error;
  }
  throw new Error('this was expected to be refused');
}

t.test('defaults < file < remote document < environment < flags', async (t) => {
  const sources = read(t, {
    yaml: 'model: {id: file, device: GPU, mode: latency, threads: 1, max_people: 2}\nstats: {interval_s: 3}',
    environment: { EDGE_POSE_MODEL__THREADS: '4', EDGE_POSE_MODEL__ENGINE: 'tensorrt' },
    flags: { engine: 'openvino' },
  });
  const remote = {
    model: { device: 'NPU', threads: 3, engine: 'tensorrt', max_people: 7 },
    log: { level: 'debug' },
  };
  const { config } = sources.effective(remote);
  t.match(config.model, {
    precision: 'auto',
    id: 'file',
    mode: 'latency',
    device: 'NPU',
    max_people: 7,
    threads: 4,
    engine: 'openvino',
  });
  t.equal(config.stats.interval_s, 3, 'sections are merged key by key');
  t.equal(config.log.level, 'debug');
});

t.test('the sources are read once, and one configuration leaves no trace in the next', async (t) => {
  const environment = {
    EDGE_POSE_SECRETS: '{door: one}',
    EDGE_POSE_SECRETS__GATE: 'two',
    EDGE_POSE_LOG: '{level: warn}',
  };
  const sources = read(t, { yaml: 'cameras: [{id: a, source: "0"}, {id: b, source: "1"}]', environment });
  const before = sources.effective();
  const remote = { cameras: [{ id: 'z', source: 'rtsp://h/1' }], pose: { min_score: 0.5 } };
  const copy = structuredClone(remote);
  t.match(sources.effective(remote).config.cameras, [{ id: 'z', source: 'rtsp://h/1' }]);
  t.equal(sources.effective(remote).config.cameras.length, 1, 'a list replaces the list');
  t.same(remote, copy, 'the document is left alone');
  writeFileSync(sources.file as string, 'cameras: [{id: changed}]');
  t.same(sources.effective(), before);
  t.same(before.config.secrets, { door: 'one', gate: 'two' });
});

t.test('a problem names config/desired where the document brought it in, and only there', async (t) => {
  const sources = read(t, {
    yaml: 'model:\n  threads: 1\n  device: CPU\n',
    environment: { EDGE_POSE_STATS__INTERVAL_S: '0', EDGE_POSE_CAMERAS__1__ID: 'b' },
  });
  const problems = problemsOf(() =>
    sources.effective({
      model: { device: 'TPU', thread: 1 },
      stats: { interval_s: 9 },
      cameras: [{ id: 'a', source: 'ftp://h' }, { source: '0' }],
    }),
  );
  const from = Object.fromEntries(problems.map((one) => [one.path, one.from]));
  t.same(from, {
    'model.device': 'config/desired',
    'model.thread': 'config/desired',
    'stats.interval_s': 'EDGE_POSE_STATS__INTERVAL_S',
    'cameras.0.source': 'config/desired',
    cameras: 'config/desired',
  });
  t.match(
    problemsOf(() => read(t, { yaml: 'model: {threads: x}' }).effective({ model: { device: 'CPU' } })),
    [{ path: 'model.threads', from: /config\.yaml, line 1$/ }],
  );
  t.match(
    problemsOf(() => read(t, {}).effective({ cameras: {} })),
    [{ path: 'cameras', found: 'a mapping', from: 'config/desired' }],
  );
  t.match(
    problemsOf(() => read(t, { flags: { source: '0' } }).effective({ cameras: [{ id: 'a' }, { id: 'b' }] })),
    [{ path: '--source', expected: 'a configuration with a single camera' }],
  );
});

t.test('what this device says of its cameras never joins those of a document', async (t) => {
  const document = { cameras: [{ id: 'z', source: 'rtsp://elsewhere/1', username: 'u' }] };
  const here = 'cameras: [{id: a, source: "rtsp://here", username: u}]';
  const cases: [Parameters<typeof read>[1], RegExp][] = [
    [
      { yaml: here, environment: { EDGE_POSE_CAMERAS__0__PASSWORD: 'c4n4ry' } },
      /by EDGE_POSE_CAMERAS__0__PASSWORD$/,
    ],
    [{ environment: { EDGE_POSE_CAMERAS__0__FPS: '5' } }, /by EDGE_POSE_CAMERAS__0__FPS$/],
    [{ environment: { EDGE_POSE_CAMERAS: '[{id: a}]' } }, /by EDGE_POSE_CAMERAS$/],
    [{ flags: { source: '0' } }, /by --source$/],
  ];
  for (const [layers, expected] of cases) {
    const sources = read(t, layers);
    const problems = problemsOf(() => sources.effective(document));
    t.match(problems, [{ path: 'cameras', expected, found: 'a list of 1 entry', from: 'config/desired' }]);
    t.notMatch(JSON.stringify(problems), 'c4n4ry');
    t.equal(sources.effective({ stats: { interval_s: 3 } }).config.remote_cameras, false, 'the rest goes on');
  }
  const { config } = read(t, { flags: { pace: 'max' } }).effective(document);
  t.match(config.cameras, [{ id: 'z', pace: 'max' }], 'a run-time flag says nothing of a camera');
  t.equal(config.remote_cameras, true);
});

t.test('keys like __proto__ stay keys on every way', async (t) => {
  const sources = read(t, { yaml: 'model: {threads: 1}' });
  for (const text of [
    '{"__proto__": {"polluted": 1}}',
    '{"model": {"__proto__": {"polluted": 1}}}',
    '{"cameras": [{"id": "a", "__proto__": {"source": "0"}}]}',
    '{"constructor": {"prototype": {"polluted": 1}}}',
  ]) {
    t.equal(problemsOf(() => sources.effective(JSON.parse(text)))[0]?.from, 'config/desired', text);
  }
  t.equal(({} as Record<string, unknown>).polluted, undefined);
});

t.test('logins of cameras and secrets', async (t) => {
  const yaml = [
    'secrets:',
    '  door: c4n4ry',
    '  gate: {file: /run/gate}',
    'cameras:',
    '  - {id: a, source: "rtsp://h/1", username: admin, password: {secret: door}}',
    '  - {id: b, source: "http://h/2", username: admin, password: plain}',
  ].join('\n');
  t.match(read(t, { yaml }).effective().config, {
    secrets: { door: 'c4n4ry', gate: { file: '/run/gate' } },
    cameras: [{ password: { secret: 'door' } }, { password: 'plain' }],
  });
  const environment = {
    EDGE_POSE_SECRETS__DOOR__FILE: '/run/door',
    EDGE_POSE_CAMERAS__0__PASSWORD: ' {x: 1} ',
    EDGE_POSE_CAMERAS__1__PASSWORD__SECRET: 'gate',
  };
  t.match(read(t, { yaml, environment }).effective().config, {
    secrets: { door: { file: '/run/door' } },
    cameras: [{ password: ' {x: 1} ' }, { password: { secret: 'gate' } }],
  });
  t.same(read(t, { yaml: 'secrets:\n  # none yet\n' }).effective().config.secrets, {});

  const camera = (text: string) => `secrets: {door: x}\ncameras: [{id: a, ${text}}]`;
  const login = 'source: "rtsp://h", username: admin';
  const wrong: [yaml: string, path: string, expected: RegExp][] = [
    [camera('source: "rtsp://h", password: x'), 'cameras.0.username', /because the camera has a password/],
    [camera('source: "0", username: admin'), 'cameras.0.username', /only RTSP, HTTP, RTMP and ONVIF sources/],
    [camera('source: "rtsp://u:c4n4ry@h", username: admin'), 'cameras.0.source', /without user and password/],
    [camera(`${login}, password: {secret: dor}`), 'cameras.0.password.secret', /the name of a secret/],
    [
      camera(`${login}, password: {secret: constructor}`),
      'cameras.0.password.secret',
      /the name of a secret/,
    ],
    [camera(`${login}, password: {file: /x}`), 'cameras.0.password', /or \{secret: name\}/],
    [camera(`${login}, password: ["c4n4ry"]`), 'cameras.0.password', /or \{secret: name\}/],
    [camera(`${login}, password: 4`), 'cameras.0.password', /or \{secret: name\}/],
    [camera(`${login}, password: "c4n4ry\\n"`), 'cameras.0.password', /on one line/],
    ['secrets: {"Front Door": c4n4ry}', 'secrets.Front Door', /a name of lower-case letters/],
    ['secrets: {door: 4}', 'secrets.door', /or \{file: path\}/],
    ['secrets: {door: {}}', 'secrets.door', /or \{file: path\}/],
    ['secrets: {door: {file: f, value: c4n4ry}}', 'secrets.door', /or \{file: path\}/],
    ['secrets: {door: {file: f, hosts: []}}', 'secrets.door.hosts', /a list of 1 to 64/],
    ['secrets: {door: {file: f, hosts: ["http://h"]}}', 'secrets.door.hosts.0', /a host or host:port/],
    ['secrets: c4n4ry', 'secrets', /a mapping of names/],
    ['secrets: [c4n4ry]', 'secrets', /a mapping of names/],
  ];
  for (const [yaml, path, expected] of wrong) {
    const problems = problemsOf(() => read(t, { yaml }).effective());
    t.match(problems, [{ path, expected }], yaml);
    t.equal(problems.length, 1);
    t.notMatch(JSON.stringify(problems), 'c4n4ry', yaml);
  }
  const misspelt = problemsOf(() => read(t, { yaml: 'secrets: {door: {fil: c4n4ry}}' }).effective());
  t.match(misspelt, [
    { path: 'secrets.door.fil', expected: 'a known key (did you mean file?)' },
    { path: 'secrets.door' },
  ]);
  t.notMatch(JSON.stringify(misspelt), 'c4n4ry');
});

t.test('a file with a password that others may read is worth a warning', async (t) => {
  const warnings = (yaml: string, mode: number): readonly string[] => {
    const sources = read(t, { yaml });
    chmodSync(sources.file as string, mode);
    return sources.effective().warnings;
  };
  const secret = 'mqtt: {url: "mqtt://h", username: u, password: c4n4ry}';
  t.same(warnings(secret, 0o600), []);
  t.same(warnings('stats: {interval_s: 1}', 0o644), []);
  t.same(warnings('secrets: {door: {file: /x}}\nmqtt: {password_file: /y}', 0o644), []);
  for (const yaml of [secret, 'secrets: {door: c4n4ry}', 'cameras: [{id: a, source: "rtsp://u:c4n4ry@h"}]']) {
    const [warning, ...others] = warnings(yaml, 0o640);
    t.match(warning, /^A password stands in .*config\.yaml is open to others .*\(mode 0640\): chmod 600 \//);
    t.notMatch(warning, 'c4n4ry');
    t.same(others, []);
  }
});
