import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import t from 'tap';
import { CommandReceiver } from '../../src/mqtt/command-receiver.js';
import { commandSchemas } from '../../src/mqtt/commands.js';
import type { MqttPublisher } from '../../src/mqtt/mqtt-publisher.js';
import type {
  CameraStatusPayload,
  EventPayload,
  InfoPayload,
  StatsPayload,
} from '../../src/mqtt/payloads.js';
import { formatPoseMessage } from '../../src/mqtt/pose-message.js';
import { CameraTelemetry } from '../../src/telemetry/camera-telemetry.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

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
  const receiver = new CommandReceiver({ publisher, topics: publisher.topics, commands: { ping }, redact });
  receiver.start();
  return receiver;
}

t.test('all that a consumer receives is valid under the schemas in docs/', async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const observer = await MqttObserver.connect(broker.url);
  t.teardown(() => observer.close());
  const publisher = startPublisher(t, { url: broker.url });
  await waitFor('connected', () => publisher.connected);

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
    t.equal(publisher.publishPose(publisher.topics.pose('front'), text), true);
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
  await publisher.close();
  await observer.waitForState(publisher.topics.state, 'stopped');

  const ajv = new Ajv2020({ strictTuples: false, allowUnionTypes: true });
  const received = new Map<string, number>();
  for (const { topic, text } of observer.messages) {
    if (/\/cmd\/[^/]+$/.test(topic)) continue; // the requests
    const name = schemaByTopic.find(([pattern]) => pattern.test(topic))?.[1];
    if (name === undefined) return t.fail(`no schema for ${topic}`);
    const path = resolve(import.meta.dirname, `../../docs/schemas/${name}.json`);
    const schema =
      ajv.getSchema(name) ?? ajv.addSchema(JSON.parse(readFileSync(path, 'utf8')), name).getSchema(name);
    if (schema?.(JSON.parse(text)) !== true)
      t.fail(`${topic}: ${ajv.errorsText(schema?.errors ?? null)}: ${text}`);
    received.set(name, (received.get(name) ?? 0) + 1);
  }
  t.equal(received.get('pose'), 200);
  t.strictSame([...received.keys()].sort(), schemaByTopic.map(([, name]) => name).sort());
});
