import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { loadOpencv } from '../../src/camera/opencv.js';
import type { PosePayload, StatsPayload } from '../../src/mqtt/payloads.js';
import { type CameraAgent, startCameraAgent } from '../support/camera-agent.js';
import { atScale, reached } from '../support/fault-figure.js';
import { MemoryCgroup } from '../support/memory-cgroup.js';
import { encodedAsJpeg } from '../support/mjpeg-server.js';
import { isAlive } from '../support/processes.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';
import { waitFor } from '../support/wait-for.js';

const fault = 'slow_inference';
const base = 'edgepose/v1/test-box';
const cameraFps = 30;
const seconds = atScale({ few: 6, tenth: 60, full: 600 });
/** Until the first collection has given back what opening the model took. */
const warmUpSeconds = atScale({ few: 3, tenth: 25, full: 65 });
const memoryLosses = atScale({ few: 1, tenth: 2, full: 5 });
const limitMs = 60_000;
t.setTimeout(atScale({ few: 3, tenth: 5, full: 20 }) * 60_000);

function payloads<T>({ observer }: CameraAgent, topic: string): T[] {
  return observer.of(`${base}/${topic}`).map(({ text }) => JSON.parse(text) as T);
}

async function nextPose(running: CameraAgent): Promise<number> {
  const count = (): number => running.observer.of(`${base}/cam/cam0/pose`).length;
  const before = count();
  return waitFor('a pose', () => count() > before, limitMs);
}

/** Resolves when what was on its way has come through and is counted: for some seconds there was nothing new. */
async function allThrough({ observer }: CameraAgent): Promise<void> {
  const count = (): number => observer.of(`${base}/cam/cam0/pose`).length;
  for (let before = -1; before !== count(); await sleep(3000)) before = count();
}

/** Frames that the agent has and has done nothing with yet. */
function waiting({ cameras }: StatsPayload): number {
  const { frames, drops } = cameras.cam0 as StatsPayload['cameras'][string];
  const { capture = 0, slot = 0, inference = 0 } = drops;
  return frames.captured - frames.processed - capture - slot - inference;
}

t.test('a network that takes many times longer than a frame does', { skip: withoutSharedData }, async (t) => {
  const shared = sharedData();
  const network = 'models/human-pose-estimation-0001/FP16-INT8/human-pose-estimation-0001.xml';
  // Sixteen times the pixels that the network was made for.
  const id = join(shared, network);
  const running = await startCameraAgent(t, {
    model: { id, input_height: 1024, threads: 1, requests: 1, mode: 'latency' },
    fps: cameraFps,
  });
  if (!running) return;
  const { observer, camera } = running;
  const stats = (): StatsPayload[] => payloads<StatsPayload>(running, 'stats');
  await nextPose(running);
  await sleep(warmUpSeconds * 1000);
  const warm = stats().length;
  await sleep(seconds * 1000);
  camera.stalled = true;
  await allThrough(running);
  const atEnd = stats().at(-1) as StatsPayload;
  const { frames, drops } = atEnd.cameras.cam0 as StatsPayload['cameras'][string];
  const poses = payloads<PosePayload>(running, 'cam/cam0/pose');

  t.ok(frames.captured > 4 * frames.processed, `${frames.captured} frames, ${frames.processed} processed`);
  const { capture = 0, slot = 0, inference = 0, mqtt = 0 } = drops;
  const accounted = poses.length + capture + slot + inference + mqtt;
  const lost = Math.abs(camera.sent - accounted);
  reached(t, { fault, what: 'frames neither published nor counted as dropped', value: lost, exactly: 0 });
  t.equal(frames.captured, camera.sent, 'all that the camera sent');
  const queues = stats().map(waiting);
  t.ok(Math.min(...queues) >= 0, 'no frame is counted twice');
  // One is in the engine, and one waits for it.
  reached(t, { fault, what: 'frames waiting or in the engine', value: Math.max(...queues), atMost: 2 });
  const { median, oldest } = agesInInferences(running);
  reached(t, { fault, what: 'age of a pose, in inferences', value: median, atMost: 1.5 });
  reached(t, { fault, what: 'oldest pose, in longest inferences', value: oldest, atMost: 2 });
  reached(t, { fault, what: 'memory grew by', value: growth(stats().slice(warm)), unit: 'MB', atMost: 10 });
  t.notMatch(observer.last(`${base}/event`), { code: 'WORKER_HUNG' }, 'slow is not stuck');
});

/** Ages of poses by how long the network takes, which is the time from one pose to the next. */
function agesInInferences({ observer }: CameraAgent): { median: number; oldest: number } {
  const poses = observer.of(`${base}/cam/cam0/pose`);
  const ages = poses.map(({ text }) => (JSON.parse(text) as PosePayload).age_ms).slice(1);
  const times = poses.slice(1).map(({ at }, i) => at - (poses[i]?.at ?? 0));
  return { median: median(ages) / median(times), oldest: Math.max(...ages) / Math.max(...times) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** MiB of both processes, from the least of the first third to the least of the last. */
function growth(stats: readonly StatsPayload[]): number {
  const sizes = stats.map(({ rss_mb: { agent, worker } }) => agent + (worker ?? 0));
  const window = Math.ceil(sizes.length / 3);
  return Math.min(...sizes.slice(-window)) - Math.min(...sizes.slice(0, window));
}

async function jpegOf(side: number): Promise<Buffer> {
  const cv = loadOpencv();
  const picture = new cv.Mat(Buffer.alloc(side * side * 3), side, side, cv.CV_8UC3);
  const jpeg = await encodedAsJpeg(picture);
  picture.release();
  return jpeg;
}

function oomScore(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'));
}

t.test('memory that runs out costs the worker, not the agent', async (t) => {
  const group = MemoryCgroup.create();
  if (!group) t.comment('no memory cgroup can be made here: the test kills the worker in the kernel’s place');
  t.teardown(() => group?.remove());
  // A picture of a folder is decoded by the worker itself.
  const folder = t.testdir();
  const show = (jpeg: Buffer): void => {
    writeFileSync(join(folder, 'new'), jpeg);
    renameSync(join(folder, 'new'), join(folder, 'picture.jpg'));
  };
  const small = await jpegOf(64);
  const huge = await jpegOf(8000);
  show(small);
  const running = await startCameraAgent(t, {
    model: { id: 'blazepose-lite', threads: 1 },
    fps: cameraFps,
    more: [{ id: 'folder', source: folder, fps: 5 }],
  });
  if (!running) return;
  const { agent, observer } = running;
  group?.add(agent.child.pid as number);
  let recovered = 0;
  for (let loss = 0; loss < memoryLosses; loss++) {
    await nextPose(running);
    const [worker] = agent.children() as [number];
    t.ok(oomScore(worker) > oomScore(agent.child.pid as number), 'the kernel prefers the worker');
    if (group) {
      group.limit(group.usage + 100 * 2 ** 20);
      show(huge);
    } else process.kill(worker, 'SIGKILL');
    await waitFor('the worker is gone', () => !isAlive(worker), limitMs);
    show(small);
    recovered = Math.max(recovered, (await nextPose(running)) / 1000);
    // Three in a minute would be a crash loop.
    if (loss < memoryLosses - 1) await sleep(31_000);
  }
  reached(t, { fault, what: 'a pose after out of memory', value: recovered, unit: 's', atMost: 5 });
  const events = payloads<{ type: string; code: string }>(running, 'event');
  const expected = group
    ? { type: 'oom', code: 'WORKER_OUT_OF_MEMORY' }
    : { type: 'crash', code: 'WORKER_FAILED' };
  t.match(
    events,
    Array.from({ length: memoryLosses }, () => expected),
  );
  t.equal(agent.child.exitCode, null, 'the agent is up');
  const states = observer.of(`${base}/state`).filter(({ text }) => text.includes('"offline"'));
  reached(t, { fault, what: 'the agent itself offline', value: states.length, exactly: 0 });
});
