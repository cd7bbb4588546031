import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AgentProcess } from '../support/agent-process.js';
import { Canaries } from '../support/canaries.js';
import { reached } from '../support/fault-figure.js';

/** Nobody listens there. */
const nowhere = '127.0.0.1:1';
const canaries = new Canaries();
const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
t.teardown(() => rmSync(folder, { recursive: true }));

interface RunOptions {
  /** What it says where it has come to the error that is meant. */
  expected: RegExp;
  config?: Record<string, unknown>;
  environment?: NodeJS.ProcessEnv;
}

/** Runs a command to its end and looks through all that it wrote. */
async function run(t: Test, args: readonly string[], options: RunOptions): Promise<void> {
  const { expected, config = {}, environment = {} } = options;
  const agent = new AgentProcess(args, { model: { id: 'blazepose-lite' }, ...config }, { environment });
  const { stdout, stderr } = await agent.done;
  const name = `pose-agent ${args[0]}`;
  t.match(stdout + stderr, expected, `${name}: ${expected}`);
  canaries.look(`${name}, stdout`, stdout);
  canaries.look(`${name}, stderr`, stderr);
  const stateDir = join(agent.folder, 'state');
  if (existsSync(stateDir)) canaries.lookIntoFiles(stateDir);
  await agent.remove();
}

/** An address with a password. */
function withLogin(scheme: string, place: string, host = nowhere): string {
  return `${scheme}://bob:${encodeURIComponent(canaries.odd(place))}@${host}`;
}

t.test('the search finds every form of a password', async (t) => {
  const known = new Canaries();
  const odd = known.odd('here');
  for (const form of [odd, encodeURIComponent(odd), JSON.stringify(odd), odd.slice(0, 14), odd.slice(20)]) {
    t.equal(known.in(`x ${form} y`).length, 1, form);
  }
  for (const user of ['b', 'bo', 'bob']) {
    t.same(known.in(`Basic ${Buffer.from(`${user}:${odd}`).toString('base64')}`), ['here'], user);
  }
  t.same(known.in('c0nary'), []);
});

t.test('in a file that is not valid', async (t) => {
  const values = {
    mqtt: {
      passwort: canaries.plain('unknown key'),
      password: { secret: { is: canaries.plain('mapping for a password') } },
      url: `bob:${canaries.plain('address without a scheme')}@broker`,
      username: [canaries.plain('list for a name')],
      keepalive_s: withLogin('mqtt', 'address for a number'),
    },
    cameras: [
      withLogin('rtsp', 'address for a camera'),
      { id: 'a', source: `rtps://bob:${canaries.plain('misspelt source')}@${nowhere}` },
      { id: 'b', source: `rtsp://bob:${canaries.plain('source with a bad port')}@camera:x` },
      { id: 'c', width: withLogin('rtsp', 'address for a width') },
      { id: 'd', passwd: canaries.plain('misspelt password') },
      { id: 'e', username: 'bob', password: { secrets: canaries.plain('misspelt secret') } },
    ],
    secrets: {
      door: [canaries.plain('list for a secret')],
      gate: { text: canaries.plain('mapping for a secret') },
      yard: `${canaries.plain('secret of two lines')}\nmore`,
    },
    updates: { keys: [{ name: 'a', key: canaries.plain('signing key') }] },
    log: withLogin('http', 'address for the log'),
  };
  await run(t, ['config', 'print'], { config: values, expected: /The configuration has 1\d problems/ });
  const sections = {
    mqtt: withLogin('mqtt', 'address for a section'),
    cameras: withLogin('rtsp', 'address for a list'),
    secrets: canaries.plain('text for the secrets'),
  };
  await run(t, ['run'], { config: sections, expected: /The configuration has 3 problems/ });
  const rules = {
    mqtt: { url: 'mqtt://broker', password: canaries.odd('two passwords'), password_file: '/dev/null' },
    cameras: [
      { id: 'a', source: withLogin('rtsp', 'source beside a name'), username: 'bob', password: 'x' },
      { id: 'b', source: 'rtsp://camera', password: canaries.odd('password without a name') },
    ],
  };
  await run(t, ['doctor'], { config: rules, expected: /The configuration has 3 problems/ });
});

t.test('in a file that is no YAML', async (t) => {
  const texts: [string, RegExp][] = [
    [`mqtt: {password: "${canaries.plain('open quote')}`, /line 1, column 49: .* is missing/],
    [`password: a\npassword: ${canaries.plain('key given twice')}`, /line 2, .* a second time/],
    [`mqtt: {password: !x ${canaries.plain('unknown tag')}}`, /line 1, column 18: a tag is not known/],
    [canaries.plain('nothing but a password'), /the whole configuration: expected/],
  ];
  const checks = texts.map(([text, expected], index) => {
    const file = join(folder, `${index}.yaml`);
    writeFileSync(file, text);
    return run(t, ['config', 'check', file], { expected });
  });
  await Promise.all(checks);
});

t.test('in the environment', async (t) => {
  const wrong = {
    EDGE_POSE_MQTT__PASWORD: canaries.plain('unknown variable'),
    EDGE_POSE_CAMERAS: withLogin('rtsp', 'variable for a list'),
    EDGE_POSE_MQTT: withLogin('mqtt', 'variable for a section'),
    EDGE_POSE_STATS__INTERVAL_S: withLogin('http', 'variable for a number'),
  };
  await run(t, ['config', 'print'], { environment: wrong, expected: /The configuration has 4 problems/ });
  const right = {
    EDGE_POSE_MQTT__URL: withLogin('mqtt', 'variable of the broker'),
    EDGE_POSE_MQTT__PASSWORD: canaries.odd('variable of the password'),
    EDGE_POSE_CAMERAS__0__SOURCE: withLogin('rtsp', 'variable of a source'),
    EDGE_POSE_SECRETS__DOOR: canaries.odd('variable of a secret'),
  };
  await run(t, ['config', 'print'], { environment: right, expected: /source: rtsp:\/\/\*\*\*@127/ });
});

t.test('on the command line, where none belongs', async (t) => {
  const cases: [string[], RegExp][] = [
    [['run', withLogin('mqtt', 'argument too many')], /error/],
    [['run', '--mqqt', withLogin('mqtt', 'misspelt flag')], /unknown option '--mqqt'/],
    [['run', `--mqqt=${withLogin('mqtt', 'misspelt flag with =')}`], /unknown option '--mqqt/],
    [['run', '--frames', withLogin('rtsp', 'flag of another type')], /expected a number/],
    [['run', '--pace', withLogin('rtsp', 'flag with choices')], /Allowed choices/],
    [[withLogin('rtsp', 'no command')], /unknown command/],
    [['run', '--mqtt', withLogin('http', 'broker of another scheme')], /mqtt\.url: expected/],
    [['run', '--source', `rtsp://bob:${canaries.plain('source without a host')}@`], /source: expected/],
    [['config', 'check', withLogin('http', 'address for a file')], /does not exist/],
    [['annotate', withLogin('rtsp', 'annotated camera', `${nowhere}/live`), 'out.png'], /refused/],
    [['annotate', `bob:${canaries.plain('annotated address')}@camera/live`, 'out.png'], /does not exist/],
    [['annotate', 'sample:', withLogin('rtsp', 'address for a picture')], /cannot be written/],
    [['models', 'pull', withLogin('https', 'address for a name')], /MODEL_UNKNOWN/],
  ];
  await Promise.all(cases.map(([args, expected]) => run(t, args, { expected })));
});

t.test('commands with a configuration that holds every kind of secret', async (t) => {
  const config = {
    mqtt: { url: withLogin('mqtt', 'url of the broker'), password: canaries.odd('mqtt.password') },
    cameras: [
      { id: 'a', source: withLogin('rtsp', 'source') },
      { id: 'b', source: 'rtsp://camera', username: 'bob', password: canaries.odd('camera password') },
      { id: 'c', source: `http://camera/?user=bob&pwd=${canaries.plain('parameter of a source')}` },
      { id: 'd', source: `gst:rtspsrc location=${withLogin('rtsp', 'pipeline address')} ! fakesink` },
      { id: 'e', source: `gst:rtspsrc user-pw="${canaries.plain('pipeline property')}" ! fakesink` },
      { id: 'f', source: `gst:srtsrc passphrase=${canaries.plain('pipeline passphrase')} ! fakesink` },
    ],
    secrets: { door: canaries.odd('secret') },
    log: { level: 'trace' },
  };
  const cases: [string[], RegExp][] = [
    [['config', 'print'], /password: \(hidden\)/],
    [['config', 'print', '--json'], /"door": "\(hidden\)"/],
    [['doctor'], /failed +broker .*REFUSED/],
    [['doctor', '--json'], /"check":"broker","verdict":"failed"/],
    [['bench', '--rounds', '1', '--seconds', '0.5'], /no MQTT connection/],
  ];
  await Promise.all(cases.map(([args, expected]) => run(t, args, { config, expected })));
});

t.test('where models come from', async (t) => {
  const pull = ['models', 'pull', 'human-pose-estimation-0001'];
  const mirrors = [
    withLogin('ftp', 'mirror of another kind'),
    `http://bob:%-${canaries.plain('badly encoded mirror')}@${nowhere}`,
  ];
  const expected = /POSE_AGENT_MODEL_MIRROR: expected/;
  const runs = mirrors.map((mirror) =>
    run(t, pull, { environment: { POSE_AGENT_MODEL_MIRROR: mirror }, expected }),
  );
  const policy = { keys: [{ name: 'a', key: 'JXtbX6O0l0AxXIx/UP34KC9ESBoe5S44YszGnV1HZms=' }] };
  const config = { updates: { ...policy, origins: [{ origin: `http://${nowhere}`, allow_private: true }] } };
  const manifests: [string, RegExp][] = [
    [withLogin('http', 'manifest behind a login'), /MODEL_ORIGIN_REFUSED/],
    [`http://${nowhere}/m.json?token=${canaries.plain('manifest with a token')}`, /MODEL_DOWNLOAD_FAILED/],
    [`http://elsewhere/m.json?x=${canaries.plain('manifest of another origin')}`, /MODEL_ORIGIN_REFUSED/],
  ];
  for (const [manifest, expected] of manifests) {
    runs.push(run(t, ['models', 'pull', '--manifest', manifest], { config, expected }));
  }
  const key = join(folder, 'private.pem');
  writeFileSync(
    key,
    `-----BEGIN PRIVATE KEY-----\n${canaries.plain('private key')}\n-----END PRIVATE KEY-----\n`,
  );
  const sign = ['models', 'sign', '--key', key, '--model', 'hall', '--model-version', '1'];
  const files = [
    '--like',
    'human-pose-estimation-0001',
    '--file',
    'xml=/dev/null',
    '--url-base',
    'http://h/',
  ];
  runs.push(
    run(t, [...sign, ...files, '--out', join(folder, 'm.json')], { expected: /MODEL_KEY_UNREADABLE/ }),
  );
  await Promise.all(runs);
});

t.test('not one came out', async (t) => {
  t.same([...canaries.hits], []);
  reached(t, { fault: 'secrets', what: 'places on the command line', value: canaries.count, atLeast: 50 });
  reached(t, {
    fault: 'secrets',
    what: 'passwords in what commands wrote',
    value: canaries.hits.size,
    exactly: 0,
  });
});
