import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { AgentProcess } from '../support/agent-process.js';
import { Canaries } from '../support/canaries.js';
import { type Answer, CommandClient } from '../support/command-client.js';
import { reached } from '../support/fault-figure.js';
import { type HttpFileServer, startHttpFileServer, whole } from '../support/http-file-server.js';
import { MjpegServer } from '../support/mjpeg-server.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { startRtspServer } from '../support/rtsp-server.js';
import { TestCertificates } from '../support/test-certificates.js';
import { UpdatePublisher } from '../support/update-publisher.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const limitMs = 60_000;
const canaries = new Canaries();
const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const common = {
  model: { id: 'blazepose-lite' },
  log: { level: 'trace' },
  control: { probation_s: 2, allow_snapshot: true },
};

/** Has the worker's native libraries say all that they can, passwords included. */
const talkative = {
  OPENCV_LOG_LEVEL: 'VERBOSE',
  OPENCV_VIDEOIO_DEBUG: '1',
  OPENCV_FFMPEG_DEBUG: '1',
  OPENCV_FFMPEG_LOGLEVEL: '56',
  GST_DEBUG: '4',
};

/** Ends an agent and looks through what it wrote: its state folder holds nothing that a user put there. */
async function search(name: string, agent: AgentProcess): Promise<void> {
  agent.child.kill('SIGTERM');
  const { stdout, stderr } = await agent.done;
  canaries.look(`stdout (${name})`, stdout);
  canaries.look(`stderr (${name})`, stderr);
  const stateDir = join(agent.folder, 'state');
  if (existsSync(stateDir)) canaries.lookIntoFiles(stateDir);
  await agent.remove();
}

/** Looks through every topic but those on which the tests themselves send passwords. */
function searchMessages({ messages }: MqttObserver): void {
  const sent = /\/(config\/desired|cmd\/[^/]+)$/;
  for (const { topic, text } of messages) if (!sent.test(topic)) canaries.look(topic, text);
}

/** Whoever gives the name `box` has to know the password. */
async function guardedBroker(t: Test, password: string): Promise<Mosquitto | undefined> {
  const file = join(folder, `passwords-${canaries.count}`);
  writeFileSync(file, '');
  try {
    execFileSync('mosquitto_passwd', ['-b', file, 'box', password], { stdio: 'ignore' });
  } catch {
    // It comes with the broker, and what is missing is said below.
  }
  const mosquitto = await Mosquitto.require(t, ['allow_anonymous true', `password_file ${file}`]);
  if (mosquitto) t.teardown(() => mosquitto.stop());
  return mosquitto;
}

/** Cameras that fail in every way, each with a password. */
function failingCameras({ http, rtsp }: { http: number; rtsp: number }) {
  const login = (place: string): string => `bob:${encodeURIComponent(canaries.odd(place))}@127.0.0.1`;
  const at = (port: number, scheme: string) => ({ source: `${scheme}://127.0.0.1:${port}/stream` });
  return [
    { id: 'rtsp-away', source: `rtsp://${login('RTSP camera that is away')}:1/live` },
    { id: 'rtsp-refused', source: `rtsp://${login('RTSP camera that refuses')}:${rtsp}/live` },
    { id: 'http-away', source: `http://${login('HTTP camera that is away')}:1/stream` },
    { id: 'http-refused', source: `http://${login('HTTP camera that refuses')}:${http}/stream` },
    { id: 'bare', source: `rtsp://bob:${canaries.plain('password as it is')}@127.0.0.1:${rtsp}/live` },
    { id: 'no-scheme', source: `bob:${canaries.plain('address without a scheme')}@127.0.0.1/live` },
    {
      id: 'token',
      source: `http://127.0.0.1:${http}/none?token=${canaries.plain('token in an address')}`,
    },
    { id: 'login', ...at(http, 'http'), username: 'bob', password: canaries.odd('camera password') },
    { id: 'named', ...at(rtsp, 'rtsp'), username: 'bob', password: { secret: 'door' } },
    { id: 'filed', ...at(1, 'rtsp'), username: 'bob', password: { secret: 'gate' } },
    {
      id: 'pipeline',
      source: `gst:rtspsrc location=rtsp://${login('address in a pipeline')}:${rtsp}/x ! decodebin`,
    },
    {
      id: 'element',
      source: `gst:nosuchelement user-pw="${canaries.plain('property in a pipeline')}" ! videoconvert`,
    },
  ];
}

function secretFile(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

interface Device {
  agent: AgentProcess;
  observer: MqttObserver;
  client: CommandClient;
  config: Record<string, unknown>;
}

/** Documents from afar that hold a password; all are refused. */
async function sendDocuments({ observer }: Device): Promise<void> {
  const camera = (more: object) => ({ cameras: [{ id: 'cam0', source: 'rtsp://camera', ...more }] });
  const documents: unknown[] = [
    camera({ username: 'bob', password: canaries.odd('password from afar') }),
    camera({ source: `rtsp://bob:${canaries.plain('source from afar')}@camera/live` }),
    camera({ username: 'bob', password: { secret: 'door', text: canaries.plain('reference from afar') } }),
    { mqtt: { password: canaries.odd('broker from afar') } },
    { secrets: { door: canaries.odd('secret from afar') } },
    { passwort: canaries.plain('unknown key from afar') },
    canaries.plain('no configuration from afar'),
  ];
  const texts = documents.map((config, i) => JSON.stringify({ version: i + 1, id: `doc-${i}`, config }));
  texts.push(`{"version":9,"password":"${canaries.plain('no JSON from afar')}`);
  for (const [index, text] of texts.entries()) {
    await observer.publish(`${base}/config/desired`, text, { retain: true });
    const reports = () => observer.of(`${base}/config/reported`).length;
    await waitFor(`the refusal of ${text.slice(0, 20)}`, () => reports() > index, limitMs);
  }
}

/** A document that is stored, as it only names the password. */
async function desireByName({ observer }: Device, source: string): Promise<void> {
  const cameras = [{ id: 'there', source, username: 'bob', password: { secret: 'door' } }];
  const document = JSON.stringify({ version: 10, id: 'named', config: { cameras } });
  await observer.publish(`${base}/config/desired`, document, { retain: true });
  const isApplied = () => observer.last(`${base}/config/reported`)?.status === 'applying';
  await waitFor('its application', isApplied, limitMs);
}

/** Commands that hold a password, or fail where one is at hand. */
async function sendCommands(t: Test, device: Device, server: HttpFileServer): Promise<void> {
  const { agent, client, observer, config } = device;
  const ask = async (name: string, args: object = {}): Promise<Answer> => {
    await sleep(110); // more than ten in a second are not answered
    return client.ask(name, args);
  };
  const publisher = new UpdatePublisher(server);
  const nested = { cameras: [{ id: 'a', password: canaries.odd('validated password') }] };
  const unknown = { mqtt: { passwort: canaries.plain('validated key') } };
  const token = `${server.url}/none.json?token=${canaries.plain('manifest with a token')}`;
  const login = `http://bob:${canaries.plain('manifest behind a login')}@${new URL(server.url).host}/m.json`;
  const files = [{ role: 'xml', path: 'a/1/a.xml', bytes: 1, sha256: '0'.repeat(64), url: login }];
  const foreign = publisher.publish({ model: 'foreign', change: { files } });
  const snapshot = ask('snapshot', { camera: 'rtsp-away' }); // no frame comes: it takes its time
  t.match(await ask('config-validate', { config: nested }), { data: { valid: false } });
  t.match(await ask('config-validate', { config: unknown }), { data: { valid: false } });
  t.match(await ask('config-validate', { config: canaries.plain('text to validate') }), { code: 400 });
  t.match(await ask('ping', { password: canaries.plain('argument of ping') }), { code: 400 });
  t.match(await ask('log-level', { level: canaries.plain('log level') }), { code: 400 });
  t.match(await ask('models-pull', { manifest: token }), { status: 'error' });
  t.match(await ask('models-pull', { manifest: login }), { status: 'error' });
  t.match(await ask('models-pull', { manifest: foreign }), { status: 'error' });
  // The mirror gives another file, so that nobody else is asked for it.
  t.match(await ask('models-pull', { name: 'human-pose-estimation-0001' }), { status: 'error' });
  await observer.publish(`${base}/cmd/ping`, `{"password":"${canaries.plain('no JSON as a command')}`);
  t.match(await snapshot, { code: 503 });
  for (const name of ['info', 'models-list']) t.match(await ask(name), { status: 'ok' });

  const file = join(agent.folder, 'config.yaml');
  writeFileSync(file, `mqtt: {password: "${canaries.plain('reloaded file that is no YAML')}`);
  t.match(await ask('reload'), { code: 409 });
  const secrets = { door: [canaries.plain('reloaded list for a secret')] };
  writeFileSync(file, stringify({ ...config, secrets }));
  t.match(await ask('reload'), { code: 409 });
}

t.test('an agent whose cameras, broker, documents and commands fail', { timeout: 120_000 }, async (t) => {
  const password = canaries.odd('mqtt.password_file');
  const mosquitto = await guardedBroker(t, password);
  if (!mosquitto) return;
  const good = canaries.plain('camera that is there');
  const camera = await new MjpegServer({ credentials: `bob:${good}` }).start();
  t.teardown(() => camera.stop());
  const rtsp = await startRtspServer({ file: '/dev/null', seconds: 1, credentials: 'bob:none' });
  t.teardown(() => rtsp.process.kill('SIGKILL'));
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  server.on(
    '/models/human-pose-estimation-0001/FP16-INT8/human-pose-estimation-0001.xml',
    whole(Buffer.from('x')),
  );
  const mirror = `http://bob:${canaries.plain('mirror')}@${new URL(server.url).host}/models`;

  const failing = failingCameras({ http: camera.port, rtsp: rtsp.port });
  const config = {
    ...common,
    device_id: 'test-box',
    mqtt: { url: mosquitto.url, username: 'box', password_file: secretFile('mqtt', `${password}\n`) },
    cameras: [{ id: 'there', source: camera.url, username: 'bob', password: good }, ...failing],
    secrets: {
      door: { value: canaries.odd('secrets entry'), hosts: ['127.0.0.1'] },
      gate: { file: secretFile('gate', canaries.odd('file of a secret')) },
    },
    camera_hosts: [{ host: '127.0.0.1', allow_remote: true }],
    updates: new UpdatePublisher(server).policy,
  };
  const environment = { ...talkative, POSE_AGENT_MODEL_MIRROR: mirror };
  const observer = await MqttObserver.connect(mosquitto.url);
  const client = await CommandClient.connect(mosquitto.url, base);
  const agent = new AgentProcess(['run'], config, { environment });
  t.teardown(() => agent.remove());
  const device = { agent, observer, client, config: { ...config, state_dir: join(agent.folder, 'state') } };

  const status = (id: string): Record<string, unknown> | undefined =>
    observer.last(`${base}/cam/${id}/status`);
  await waitFor('the camera that is there', () => status('there')?.status === 'online', limitMs);
  camera.garbage = true;
  await sendDocuments(device);
  await sendCommands(t, device, server);
  for (const { id } of failing) {
    await waitFor(`the reason of ${id}`, () => typeof status(id)?.reason === 'string', limitMs);
  }
  await waitFor('garbage', () => status('there')?.status === 'offline', limitMs);
  process.kill(agent.children()[0] as number, 'SIGKILL');
  await waitFor('its loss', () => observer.last(`${base}/event`)?.type === 'crash', limitMs);
  await desireByName(device, camera.url);
  await client.close();
  await search('run', agent);
  searchMessages(observer);
  await observer.close();
});

t.test('agents that do not get into their broker', { timeout: 120_000 }, async (t) => {
  const mosquitto = await guardedBroker(t, 'another');
  if (!mosquitto) return;
  const observer = await MqttObserver.connect(mosquitto.url);
  const login = (place: string): string => `box:${encodeURIComponent(canaries.odd(place))}@127.0.0.1`;
  const source = `rtsp://${login('--source')}:1/live`;
  const flags = ['--mqtt', `mqtt://${login('--mqtt')}:${mosquitto.port}`, '--source', source];
  const box = { url: mosquitto.url, username: 'box' };
  mkdirSync(join(folder, 'credentials'));
  secretFile('credentials/mqtt-password', canaries.odd('systemd credential'));
  const credentials = { CREDENTIALS_DIRECTORY: join(folder, 'credentials') };
  const variables = {
    EDGE_POSE_MQTT__PASSWORD: canaries.odd('EDGE_POSE_MQTT__PASSWORD'),
    EDGE_POSE_CAMERAS__0__SOURCE: `rtsp://${login('EDGE_POSE_CAMERAS__0__SOURCE')}:1/live`,
    EDGE_POSE_SECRETS__DOOR: canaries.odd('EDGE_POSE_SECRETS__DOOR'),
  };
  const start = (mqtt: object, environment: NodeJS.ProcessEnv = {}): AgentProcess =>
    new AgentProcess(['run'], { ...common, mqtt }, { environment });
  const refused = /Not authorized/;
  const agents: [string, AgentProcess, RegExp][] = [
    ['flags', new AgentProcess(['run', ...flags], common), refused],
    ['url', start({ url: `mqtt://${login('mqtt.url')}:${mosquitto.port}` }), refused],
    ['password', start({ ...box, password: canaries.odd('mqtt.password') }), refused],
    ['variables', start(box, variables), refused],
    ['credential', start(box, credentials), refused],
    [
      'key',
      start({ ...tlsFiles(t), url: `mqtts://${login('mqtts url')}:1` }),
      /no MQTT connection: .*PEM|DECODER/,
    ],
  ];
  for (const [name, agent, expected] of agents) {
    t.teardown(() => agent.remove());
    await waitFor(`${name}: ${expected}`, () => expected.test(agent.stderr), limitMs);
    await search(name, agent);
  }
  searchMessages(observer);
  await observer.close();
});

/** A certificate, and a key that is none. */
function tlsFiles(t: Test) {
  const certificates = new TestCertificates();
  t.teardown(() => certificates.remove());
  const authority = certificates.authority('authority');
  const { cert } = certificates.issue('device', { by: authority, subject: 'DNS:device' });
  const lines = ['-----BEGIN PRIVATE KEY-----', canaries.plain('mqtt.key_file'), '-----END PRIVATE KEY-----'];
  return { ca_file: authority.cert, cert_file: cert, key_file: secretFile('key.pem', lines.join('\n')) };
}

t.test('not one came out', async (t) => {
  t.same([...canaries.hits], []);
  reached(t, { fault: 'secrets', what: 'places around the agent', value: canaries.count, atLeast: 40 });
  const what = 'passwords in logs, MQTT and state folder';
  reached(t, { fault: 'secrets', what, value: canaries.hits.size, exactly: 0 });
});
