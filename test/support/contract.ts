import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import type { IClientOptions } from 'mqtt';
import type { Test } from 'tap';
import { CommandReceiver } from '../../src/mqtt/command-receiver.js';
import { commandSchemas } from '../../src/mqtt/commands.js';
import type { MqttPublisher } from '../../src/mqtt/mqtt-publisher.js';
import type { MqttPublisherOptions } from '../../src/mqtt/mqtt-publisher-options.js';
import type {
  CameraStatusPayload,
  EventPayload,
  InfoPayload,
  StatsPayload,
} from '../../src/mqtt/payloads.js';
import { formatPoseMessage } from '../../src/mqtt/pose-message.js';
import { CameraTelemetry } from '../../src/telemetry/camera-telemetry.js';
import { MqttObserver } from './mqtt-observer.js';
import { startPublisher } from './test-publisher.js';
import { waitFor } from './wait-for.js';

const schemaByTopic: [RegExp, string][] = [
  [/\/cam\/[^/]+\/pose$/, 'pose'],
  [/\/cam\/[^/]+\/status$/, 'camera-status'],
  [/\/state$/, 'state'],
  [/\/info$/, 'info'],
  [/\/stats$/, 'stats'],
  [/\/event$/, 'event'],
  [/\/cmd\/[^/]+\/resp$/, 'command-response'],
];

function takePing(publisher: MqttPublisher): CommandReceiver {
  const ping = { ...commandSchemas.ping, run: async () => ({ ts: Date.now(), uptime_s: 1 }) };
  const redact = (text: string) => text;
  const receiver = new CommandReceiver({
    publisher,
    topics: publisher.topics,
    commands: { ping },
    redact,
    limits: { perSecond: 1000 },
  });
  receiver.start();
  return receiver;
}

export interface ContractOptions {
  readonly url: string;
  /** What the broker is expected to speak with the agent. */
  readonly version: '5' | '3.1.1';
  /** For whoever watches. */
  readonly login?: IClientOptions;
  readonly agent?: Partial<MqttPublisherOptions>;
}

/**
 * All that a consumer receives through a broker is valid under the schemas in docs/, states and statuses are retained,
 * and requests are answered in the way of the version that both sides speak.
 */
export async function checkContract(
  t: Test,
  { url, version, login = {}, agent = {} }: ContractOptions,
): Promise<void> {
  const protocolVersion = version === '5' ? 5 : 4;
  const observer = await MqttObserver.connect(url, 'edgepose/#', { protocolVersion, ...login });
  t.teardown(() => observer.close());
  const publisher = startPublisher(t, { url, protocolVersion: 'auto', ...agent });
  await waitFor('connected', () => publisher.connected, 20_000);
  t.equal(publisher.protocolVersion, protocolVersion, `MQTT ${version} is spoken`);

  const session = 'session-1';
  const status: CameraStatusPayload = { status: 'online', reason: null, session, ts: Date.now() };
  publisher.announce(publisher.topics.cameraStatus('front'), JSON.stringify(status));
  const info: InfoPayload = {
    v: 1,
    ts: Date.now(),
    session,
    boot_id: null,
    versions: { agent: '0.1.0', node: process.version },
    models: [{ name: 'm', precision: null, checksums: { weights: `sha256:${'0'.repeat(64)}` } }],
    skeleton: null,
    config_schema_sha256: '0'.repeat(64),
    capabilities: [],
  };
  publisher.announce(publisher.topics.info, JSON.stringify(info));
  for (const state of ['init', 'degraded', 'online'] as const) publisher.setState(state);

  const keypoint = fc.option(fc.record({ x: fc.double(), y: fc.double(), score: fc.double() }), {
    nil: null,
  });
  const person = fc.record({ id: fc.constant(null), score: fc.double(), keypoints: fc.array(keypoint) });
  const telemetry = new CameraTelemetry(() => performance.now());
  for (const [seq, people] of fc.sample(fc.array(person, { maxLength: 5 }), 200).entries()) {
    const captured = performance.now();
    telemetry.framesCaptured(1, captured);
    const ageMs = performance.now() - captured;
    telemetry.recordStage('format', ageMs);
    const text = formatPoseMessage({
      ...{
        seq,
        session,
        camera: 'front',
        ts: Date.now(),
        ageMs,
        frame: [640, 480],
        model: 'm',
        skeleton: 's',
      },
      people,
    });
    // A broker that has just been started takes its time, and poses are dropped then.
    await waitFor('a pose is taken', () => publisher.publishPose(publisher.topics.pose('front'), text));
  }
  const event: EventPayload = {
    v: 1,
    type: 'crash',
    code: 'WORKER_FAILED',
    message: 'the worker was ended by SIGSEGV',
    ts: Date.now(),
    session,
    detail: { signal: 'SIGSEGV', restarts: 1 },
  };
  publisher.publishEvent(publisher.topics.event, JSON.stringify(event));
  const receiver = takePing(publisher);
  await waitFor('answers', async () => {
    await observer.publish(publisher.topics.command('ping'), '{"transaction":"1"}');
    await observer.publish(publisher.topics.command('pong'), '{}');
    return receiver.counters().failed > 0;
  });
  const stats: StatsPayload = {
    v: 1,
    ts: Date.now(),
    session,
    clock_synced: true,
    uptime_s: 1,
    rss_mb: { agent: 50, worker: null },
    loop_p99_ms: 0,
    temperatures_c: {},
    gpu_load: null,
    power_w: {},
    preparing: null,
    mqtt: publisher.counters(),
    commands: { ...receiver.counters() },
    cameras: { front: telemetry.take() },
  };
  t.equal(publisher.publishStats(JSON.stringify(stats)), true);
  await waitFor('stats', () => observer.of(publisher.topics.stats).length === 1);
  const desired: string[] = [];
  publisher.subscribe(publisher.topics.configDesired, (_topic, payload) => desired.push(String(payload)), {
    qos: 1,
  });
  await observer.publish(publisher.topics.configDesired, '{"version":1}', { retain: true });
  await waitFor('a document', () => desired.length > 0);
  await checkAnswers(t, { observer, publisher, protocolVersion });
  const held = [publisher.topics.state, publisher.topics.cameraStatus('front'), publisher.topics.info];
  // By their names: RabbitMQ hands out nothing retained for a wildcard.
  const names = [...held, publisher.topics.event];
  const latecomer = await MqttObserver.connect(url, names, { protocolVersion, ...login });
  t.teardown(() => latecomer.close());
  await waitFor('what is retained', () => held.every((topic) => latecomer.of(topic).length > 0));
  for (const topic of held) t.equal(latecomer.of(topic)[0]?.retained, true, `${topic} is retained`);
  t.strictSame(latecomer.of(publisher.topics.event), [], 'an event is not');
  // Nothing is left behind for the next who uses the broker.
  await observer.publish(publisher.topics.configDesired, '', { retain: true });
  await publisher.close();
  await observer.waitForState(publisher.topics.state, 'stopped');

  const ajv = new Ajv2020({ strictTuples: false, allowUnionTypes: true });
  const received = new Map<string, number>();
  for (const { topic, text } of observer.messages) {
    if (topic.endsWith('/config/desired') || topic.startsWith('edgepose/client/')) continue;
    if (/\/cmd\/[^/]+$/.test(topic)) continue; // the requests
    const name = schemaByTopic.find(([pattern]) => pattern.test(topic))?.[1];
    if (name === undefined) throw new Error(`no schema for ${topic}`);
    const path = resolve(import.meta.dirname, `../../docs/schemas/${name}.json`);
    const schema =
      ajv.getSchema(name) ?? ajv.addSchema(JSON.parse(readFileSync(path, 'utf8')), name).getSchema(name);
    if (schema?.(JSON.parse(text)) !== true)
      t.fail(`${topic}: ${ajv.errorsText(schema?.errors ?? null)}: ${text}`);
    received.set(name, (received.get(name) ?? 0) + 1);
  }
  t.equal(received.get('pose'), 200);
  t.strictSame([...received.keys()].sort(), schemaByTopic.map(([, name]) => name).sort());
}

interface AnswerCheck {
  observer: MqttObserver;
  publisher: MqttPublisher;
  protocolVersion: 4 | 5;
}

/** To the Response Topic with its Correlation Data where there are such; else to the command's own, with `transaction`. */
async function checkAnswers(t: Test, { observer, publisher, protocolVersion }: AnswerCheck): Promise<void> {
  const { topics } = publisher;
  const own = topics.commandResponse('ping');
  await observer.publish(topics.command('ping'), '{"transaction":"mine"}');
  await waitFor('the answer', () => observer.of(own).some(({ text }) => text.includes('"mine"')));
  if (protocolVersion === 4) return;
  const responseTopic = 'edgepose/client/contract/1';
  const correlationData = Buffer.from('correlated');
  await observer.publish(topics.command('ping'), '{}', { properties: { responseTopic, correlationData } });
  await waitFor('the answer to its topic', () => observer.of(responseTopic).length > 0);
  t.equal(String(observer.of(responseTopic)[0]?.correlationData), 'correlated');
  const expiries = observer.of(topics.pose('front')).map(({ expirySeconds }) => expirySeconds);
  t.ok(
    expiries.every((seconds) => seconds !== undefined && seconds <= 2),
    'poses expire',
  );
}
