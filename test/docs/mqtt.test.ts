import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync, type IPublishPacket } from 'mqtt';
import t, { type Test } from 'tap';
import { agentConnection, channels } from '../../scripts/docs/channels.js';
import { maxPropertyBytes } from '../../src/mqtt/inbound-filter.js';
import type { MqttPublisher } from '../../src/mqtt/mqtt-publisher.js';
import { formatPoseMessage } from '../../src/mqtt/pose-message.js';
import { absent } from '../support/absent.js';
import { ExampleProcess } from '../support/example-process.js';
import { codeBlocks } from '../support/markdown.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/mqtt.md'), 'utf8');
const blocks = codeBlocks(text);

/** The only block of a language that holds all of `words`, speaking to another port. */
function example(language: string, words: readonly string[], port = 1883): string {
  const found = blocks.filter(
    (block) => block.language === language && words.every((word) => block.text.includes(word)),
  );
  const [only] = found;
  if (only === undefined || found.length > 1 || !only.text.includes('1883')) {
    throw new Error(
      `${found.length} blocks of ${language} have ${words.join(' and ')}, expected one with a port`,
    );
  }
  return only.text.replaceAll('1883', String(port));
}

/** False where a program is absent: the test is skipped aloud. */
function present(t: Test, what: string, works: boolean): boolean {
  if (works) return true;
  absent(t, what);
  return false;
}

/** A Python that has paho-mqtt: the first on the path, else Debian's own. */
const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', 'import paho.mqtt.subscribe']).status === 0,
);
const hasClients = spawnSync('mosquitto_sub', ['--help']).error === undefined;

function run(t: Test, command: readonly [string, ...string[]], input = ''): ExampleProcess {
  const child = new ExampleProcess(command, { cwd: root, input });
  t.teardown(() => child.stop());
  return child;
}

interface Stage {
  broker: Mosquitto;
  publisher: MqttPublisher;
}

/** A broker with a device named box that is online. */
async function stage(t: Test): Promise<Stage | undefined> {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return undefined;
  t.teardown(() => broker.stop());
  const publisher = startPublisher(t, { url: broker.url });
  publisher.setState('online');
  await waitFor('connected', () => publisher.connected && publisher.counters().queued === 0);
  return { broker, publisher };
}

/** A frame with two people, the second without a nose. */
function poseText(seq: number): string {
  return formatPoseMessage({
    seq,
    session: 'session-1',
    camera: 'front',
    ts: 1_795_467_365_803,
    ageMs: 20,
    frame: [640, 480],
    model: 'm',
    skeleton: 'openpose18',
    people: [
      { id: null, score: 0.814, keypoints: [{ x: 320.26, y: 99.5, score: 0.9 }, null] },
      { id: null, score: 0.5, keypoints: [null, { x: 10, y: 20, score: 0.5 }] },
    ],
  });
}

/** Publishes poses until the condition holds: nobody tells when a subscriber has subscribed. */
async function publishUntil(publisher: MqttPublisher, what: string, condition: () => boolean): Promise<void> {
  let seq = 0;
  await waitFor(what, async () => {
    publisher.publishPose(publisher.topics.pose('front'), poseText(seq++));
    await sleep(50);
    return condition();
  });
}

const expectedLines = [
  /^box front frame \d+: 2 people$/,
  /^ {2}score 0\.81, nose at 320\.3, 99\.5$/,
  /^ {2}score 0\.5, no nose seen$/,
];

async function checkSubscriber(t: Test, { publisher }: Stage, child: ExampleProcess): Promise<void> {
  try {
    await publishUntil(publisher, 'poses are printed', () => child.lines.length > 6);
    t.equal(child.lines[0], 'box is online', 'the retained state comes first');
    const first = child.lines.findIndex((line) => line.includes('frame'));
    for (const [index, expected] of expectedLines.entries()) t.match(child.lines[first + index], expected);
    await publisher.close();
    await waitFor('the stop is printed', () => child.lines.at(-1) === 'box is stopped');
  } catch (error) {
    t.fail(`${(error as Error).message}; printed: ${child.lines.join(' / ')} ${child.stderr}`);
  }
}

t.test('mosquitto_sub: poses', async (t) => {
  if (!present(t, 'mosquitto_sub: apt-get install mosquitto-clients', hasClients)) return;
  const it = await stage(t);
  if (it === undefined) return;
  const script = example('sh', ['mosquitto_sub', '/pose'], it.broker.port);
  const child = run(t, ['sh', '-c', script]);
  await publishUntil(it.publisher, 'a pose is printed', () => child.lines.length > 0);
  const [topic, payload = ''] = (child.lines[0] as string).split(' ');
  t.equal(topic, 'edgepose/v1/box/cam/front/pose');
  t.equal(payload, poseText(JSON.parse(payload).seq));
});

t.test('mosquitto_sub: which devices and cameras are there', async (t) => {
  if (!present(t, 'mosquitto_sub: apt-get install mosquitto-clients', hasClients)) return;
  const it = await stage(t);
  if (it === undefined) return;
  const status = JSON.stringify({ status: 'online', reason: null, session: 'session-1', ts: Date.now() });
  it.publisher.announce(it.publisher.topics.cameraStatus('front'), status);
  await waitFor('announced', () => it.publisher.counters().queued === 0);
  const child = run(t, ['sh', '-c', example('sh', ['mosquitto_sub', '/state'], it.broker.port)]);
  await waitFor('both are printed', () => child.lines.length >= 2);
  t.match(
    child.lines.find((line) => line.includes('/state ')),
    /^edgepose\/v1\/box\/state \{"state":"online"/,
  );
  t.ok(child.lines.includes(`edgepose/v1/box/cam/front/status ${status}`));
});

t.test('the Node.js subscriber', async (t) => {
  const it = await stage(t);
  if (it === undefined) return;
  // From standard input, so that `mqtt` is found where this repository has it.
  const script = example('js', ['subscribe.mjs'], it.broker.port);
  const child = run(t, [process.execPath, '--input-type=module', '-'], script);
  await checkSubscriber(t, it, child);
});

t.test('the Python subscriber', async (t) => {
  if (!present(t, 'paho-mqtt for Python: apt-get install python3-paho-mqtt', python !== undefined)) return;
  const it = await stage(t);
  if (it === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'subscribe-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'subscribe.py');
  writeFileSync(file, example('python', ['subscribe.py'], it.broker.port));
  await checkSubscriber(t, it, run(t, [python as string, file]));
});

t.test('requests are published as the text says', async (t) => {
  if (!present(t, 'mosquitto_pub: apt-get install mosquitto-clients', hasClients)) return;
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const heard = new Map<string, { payload: Record<string, unknown>; packet: IPublishPacket }>();
  const observer = await connectAsync(broker.url, { protocolVersion: 5 });
  t.teardown(() => observer.endAsync(true));
  observer.on('message', (topic, payload, packet) =>
    heard.set(topic, { payload: JSON.parse(payload.toString()), packet }),
  );
  await observer.subscribeAsync('edgepose/#', { qos: 1, rap: true });
  for (const words of [['config/desired'], ['mosquitto_rr'], ['transaction']]) {
    run(t, ['sh', '-c', example('sh', words, broker.port)]);
  }
  const base = 'edgepose/v1/hall-3';
  await waitFor('three requests', () => heard.size === 3);
  t.match(heard.get(`${base}/config/desired`), {
    packet: { qos: 1, retain: true },
    payload: { version: 7, id: 'night-shift', config: { pose: { min_score: 0.4 } } },
  });
  const ping = heard.get(`${base}/cmd/ping`)?.packet;
  t.match(ping, { qos: 1, retain: false, properties: { responseTopic: /^edgepose\/client\// } });
  t.match(heard.get(`${base}/cmd/log-level`), {
    packet: { qos: 1, retain: false },
    payload: { level: 'debug', transaction: '42' },
  });
});

t.test('the rights of the ACL file suffice for the agent, and no further', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'acl-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'acl');
  writeFileSync(file, blocks.find(({ language }) => language === 'conf')?.text ?? '', { mode: 0o600 });
  const broker = await Mosquitto.require(t, [`acl_file ${file}`]);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const problems: string[] = [];
  const publisher = startPublisher(t, {
    url: broker.url,
    device: 'hall-3',
    username: 'hall-3',
    onProblem: (problem) => problems.push(problem),
  });
  publisher.setState('online');
  publisher.announce(publisher.topics.cameraStatus('front'), '{}');
  const dashboard = await MqttObserver.connect(broker.url, 'edgepose/v1/#', { username: 'dashboard' });
  t.teardown(() => dashboard.close());
  const operator = await MqttObserver.connect(broker.url, 'edgepose/client/operator/#', {
    username: 'operator',
  });
  t.teardown(() => operator.close());
  const overseer = await MqttObserver.connect(broker.url, 'edgepose/v1/#', { username: 'operator' });
  t.teardown(() => overseer.close());
  const neighbour = await MqttObserver.connect(broker.url, 'edgepose/v1/hall-3/#', { username: 'hall-4' });
  t.teardown(() => neighbour.close());

  await dashboard.waitForState('edgepose/v1/hall-3/state', 'online');
  await waitFor('the status', () => dashboard.of('edgepose/v1/hall-3/cam/front/status').length > 0);
  await operator.publish('edgepose/v1/hall-3/config/desired', '"operator"', { retain: true });
  await operator.publish('edgepose/v1/hall-3/cmd/ping', '"operator"');
  const refused: [MqttObserver, string][] = [
    [dashboard, 'edgepose/v1/hall-3/config/desired'],
    [dashboard, 'edgepose/v1/hall-3/cmd/ping'],
    [neighbour, 'edgepose/v1/hall-3/cmd/ping'],
    [neighbour, 'edgepose/v1/hall-3/state'],
    [operator, 'edgepose/v1/hall-3/state'],
  ];
  for (const [client, topic] of refused) {
    await t.rejects(client.publish(topic, '"intruder"'), /Not authorized/, topic);
  }
  await waitFor('both requests', () => overseer.of('edgepose/v1/hall-3/cmd/ping').length > 0);
  t.equal(overseer.of('edgepose/v1/hall-3/config/desired').at(-1)?.text, '"operator"');
  const seen = new Set(dashboard.messages.map(({ topic }) => topic.split('/')[3]));
  t.same([...seen].sort(), ['cam', 'state'], 'who watches sees no request, answer or configuration');
  t.notOk(overseer.messages.some((message) => message.text === '"intruder"'));
  t.same(neighbour.messages, [], 'a device sees nothing of another');
  t.same(problems, [], 'the broker refuses the agent nothing');
});

t.test('every message of the agent is shown, and all JSON is JSON', async (t) => {
  const messages = channels.filter(({ from }) => from === 'agent').flatMap((channel) => channel.messages);
  for (const { name } of messages) t.ok(text.includes(`<!-- generated: example ${name} -->`), name);
  const json = blocks.filter(({ language }) => language === 'json');
  t.ok(json.length >= messages.length);
  for (const { text } of json) t.doesNotThrow(() => JSON.parse(text));
});

t.test('the words about the connection are those of the table', async (t) => {
  const { keepAlive, sessionExpiry, willDelay, maximumPacketSize } = agentConnection;
  t.ok(text.includes(`| keep-alive | ${keepAlive} s (`));
  t.ok(text.includes(`| session expiry, will delay | ${sessionExpiry} s, ${willDelay} s |`));
  t.ok(text.includes(`| largest message to the agent | ${maximumPacketSize / 1024} KiB |`));
  t.ok(text.includes(`| of it properties | ${maxPropertyBytes / 1024} KiB; `));
});
