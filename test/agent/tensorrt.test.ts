import { rmSync } from 'node:fs';
import t, { type Test } from 'tap';
import { type EventPayload, eventPayload, posePayload } from '../../src/mqtt/payloads.js';
import { AgentProcess } from '../support/agent-process.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { emptyTensor } from '../support/own-model.js';
import { writeReplayModel } from '../support/replay-model.js';
import { tensorRtDouble } from '../support/tensorrt-double.js';
import { waitFor } from '../support/wait-for.js';

// The whole agent on the TensorRT engine, which runs on the double of its SDK: a plan on the device, frames through a
// captured graph, and what is lost with a device.

const base = 'edgepose/v1/test-box';
const limitMs = 60_000;

interface Box {
  observer: MqttObserver;
  /** Starts the agent, again with its state where it ran before. */
  start: (faults: string) => AgentProcess;
  events: () => EventPayload[];
  poses: () => number;
}

async function setUp(t: Test): Promise<Box | undefined> {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return undefined;
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  // Of the size that a network given by its path alone is taken for.
  const id = await writeReplayModel({
    folder: t.testdir(),
    name: 'hall',
    format: 'onnx',
    input: { batch: 1, height: 256, width: 456 },
    outputs: [emptyTensor('heatmaps', [1, 19, 32, 57]), emptyTensor('pafs', [1, 38, 32, 57])],
  });
  const config = {
    model: { id, engine: 'tensorrt' },
    cameras: [{ id: 'cam0', source: 'sample:', loop: true }],
    stats: { interval_s: 1 },
  };
  let folder: string | undefined;
  const agents: AgentProcess[] = [];
  t.teardown(async () => {
    for (const agent of agents) {
      agent.child.kill('SIGKILL');
      await agent.done;
    }
    await observer.close();
    await mosquitto.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });
  const start = (faults: string): AgentProcess => {
    const options = { environment: tensorRtDouble(faults), ...(folder !== undefined && { folder }) };
    const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], config, options);
    folder = agent.folder;
    agents.push(agent);
    return agent;
  };
  return {
    observer,
    start,
    events: () => observer.of(`${base}/event`).map(({ text }) => eventPayload.parse(JSON.parse(text))),
    poses: () => observer.of(`${base}/cam/cam0/pose`).length,
  };
}

t.test('the first start builds a plan, the second finds it', async (t) => {
  const box = await setUp(t);
  if (!box) return;
  const { observer, start, events, poses } = box;
  const first = start('build-ms=2500');
  await waitFor('the event', () => events().some(({ type }) => type === 'preparing'), limitMs);
  t.equal(poses(), 0, 'no pose before the plan is built');
  await waitFor('poses', () => poses() >= 20, limitMs);
  t.match(
    events().map(({ type }) => type),
    ['preparing', 'prepared'],
  );
  t.match(observer.last(`${base}/info`), {
    versions: { tensorrt: /^10\.3\./ },
    models: [{ precision: 'f16' }],
    capabilities: ['engine:tensorrt'],
  });
  const pose = posePayload.parse(observer.last(`${base}/cam/cam0/pose`));
  t.equal(pose.skeleton, 'openpose18');
  first.child.kill('SIGTERM');
  t.match(await first.done, { code: 0 });

  const before = { events: events().length, poses: poses() };
  const second = start('');
  await waitFor('poses', () => poses() >= before.poses + 20, limitMs);
  t.equal(events().length, before.events, 'nothing is built');
  second.child.kill('SIGTERM');
  const { code, stderr } = await second.done;
  t.equal(code, 0);
  t.notMatch(stderr, /AddressSanitizer/);
});

t.test('a device that fails for good is had again by another worker', async (t) => {
  const box = await setUp(t);
  if (!box) return;
  const { start, events, poses } = box;
  const agent = start('sticky-error-after=60');
  await waitFor('poses', () => poses() >= 20, limitMs);
  await waitFor('the loss', () => events().some(({ type }) => type === 'hang' || type === 'crash'), limitMs);
  const before = poses();
  await waitFor('poses of another worker', () => poses() >= before + 20, limitMs);
  t.equal(agent.child.exitCode, null, 'the agent itself lives');
  t.notMatch(agent.stderr, /AddressSanitizer/);
});

t.test('a device that is not there is said, and not tried for ever', async (t) => {
  const box = await setUp(t);
  if (!box) return;
  const { code, stderr } = await box.start('no-device').done;
  t.not(code, 0);
  t.match(stderr, /CUDA finds no GPU/);
});
