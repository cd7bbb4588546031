import t from 'tap';
import type { ZodType } from 'zod';
import { randomSequence } from '../../scripts/sample/random.js';
import { reportedConfigPayload } from '../../src/config/reported-config.js';
import { type DecodedInstance, decode } from '../../src/index.js';
import {
  cameraStatusPayload,
  eventPayload,
  infoPayload,
  posePayload,
  type StatsPayload,
  statePayload,
  statsPayload,
} from '../../src/mqtt/payloads.js';
import { BrokenPictures } from '../support/broken-pictures.js';
import { type CameraAgent, startCameraAgent } from '../support/camera-agent.js';
import { atScale, reached } from '../support/fault-figure.js';
import type { ObservedMessage } from '../support/mqtt-observer.js';
import { waitFor } from '../support/wait-for.js';

const fault = 'garbage_frames';
const base = 'edgepose/v1/test-box';
const pictures = atScale({ few: 150, tenth: 1000, full: 10_000 });
const tensors = atScale({ few: 50, tenth: 500, full: 5000 });
/** Slow enough for each to be looked at. */
const partsPerSecond = 40;
/** So many broken ones come to a whole one. */
const brokenToGood = 3;
const limitMs = 60_000;
t.setTimeout(atScale({ few: 2, tenth: 4, full: 20 }) * 60_000);

/** What each topic below the device's is held to. */
const schemas: [RegExp, ZodType][] = [
  [/^cam\/cam0\/pose$/, posePayload],
  [/^cam\/cam0\/status$/, cameraStatusPayload],
  [/^state$/, statePayload],
  [/^info$/, infoPayload],
  [/^stats$/, statsPayload],
  [/^event$/, eventPayload],
  [/^config\/reported$/, reportedConfigPayload],
];

function isValid({ topic, text }: ObservedMessage): boolean {
  const schema = schemas.find(([pattern]) => pattern.test(topic.slice(base.length + 1)))?.[1];
  try {
    return schema?.safeParse(JSON.parse(text)).success ?? false;
  } catch {
    return false;
  }
}

async function secondsToPoses({ observer }: CameraAgent): Promise<number> {
  const count = (): number => observer.of(`${base}/cam/cam0/pose`).length;
  const before = count();
  return (await waitFor('poses', () => count() > before + 3, limitMs)) / 1000;
}

t.test(`${pictures} broken pictures`, async (t) => {
  const broken = await BrokenPictures.create(1);
  const running = await startCameraAgent(t, {
    model: { id: 'blazepose-lite', threads: 1 },
    fps: partsPerSecond,
  });
  if (!running) return;
  const { agent, observer, camera } = running;
  await secondsToPoses(running);
  const workers = agent.children();
  let given = 0;
  let good = 0;
  camera.next = () => {
    if ((given + good) % (brokenToGood + 1) === brokenToGood || given === pictures) {
      good++;
      return broken.good;
    }
    given++;
    return broken.next();
  };
  await waitFor('all are sent', () => given === pictures, (pictures / partsPerSecond) * 10_000);
  camera.next = () => undefined;
  const again = await secondsToPoses(running);
  await waitFor('stats', () => lookedAt(running) >= good * 0.8, 10_000).catch(() => {});
  t.ok(lookedAt(running) >= good * 0.8, `${lookedAt(running)} pictures looked at, ${good} of them whole`);
  t.same(agent.children(), workers, 'the same worker');
  agent.child.kill('SIGTERM');
  const { code, stderr } = await agent.done;

  reached(t, { fault, what: 'broken pictures', value: given, exactly: pictures });
  const events = observer.of(`${base}/event`).map(({ text }) => JSON.parse(text) as { type: string });
  const losses = events.filter(({ type }) => ['crash', 'hang', 'oom'].includes(type)).length;
  reached(t, { fault, what: 'workers lost', value: losses, exactly: 0 });
  t.equal(code, 0, 'the agent lived until it was stopped');
  const { messages } = observer;
  const valid = messages.filter(isValid).length;
  reached(t, {
    fault,
    what: 'messages valid',
    value: (valid / messages.length) * 100,
    unit: '%',
    exactly: 100,
  });
  const notNumbers = messages.filter(({ text }) => /NaN|Infinity/.test(text)).length;
  reached(t, { fault, what: 'messages with NaN', value: notNumbers, exactly: 0 });
  reached(t, { fault, what: 'poses after it', value: again, unit: 's', atMost: 5 });
  const lines = stderr.split('\n').filter((line) => line.includes('"from":"worker"')).length;
  t.ok(lines < 100 + pictures / 20, `${lines} lines of the decoders in the log`);
});

/** Frames that were decoded, whether inferred or not. */
function lookedAt({ observer }: CameraAgent): number {
  const stats = observer.last(`${base}/stats`) as StatsPayload | undefined;
  const { frames, drops } = stats?.cameras.cam0 ?? { frames: { captured: 0 }, drops: { capture: 0 } };
  return frames.captured - (drops.capture ?? 0);
}

/** A network's outputs with people in them, and values that are no numbers in between. */
function randomTensors(seed: number, value: number) {
  const random = randomSequence(seed);
  const [height, width] = [16, 24];
  const fill = (channels: number, scale: number): Float32Array =>
    Float32Array.from({ length: channels * height * width }, () => {
      const number = random();
      return number < 0.02 ? value : number > 0.9 ? random() * scale : 0;
    });
  return [
    { name: 'heatmaps', data: fill(19, 1), shape: [1, 19, height, width] },
    { name: 'pafs', data: fill(38, 1).map((x) => x * 2 - 0.5), shape: [1, 38, height, width] },
  ];
}

function isFinitePerson({ score, rawScore, keypoints }: DecodedInstance): boolean {
  const numbers = keypoints.flatMap((keypoint) => (keypoint ? [keypoint.x, keypoint.y, keypoint.score] : []));
  return [score, rawScore, ...numbers].every(Number.isFinite);
}

t.test('tensors with values that are no numbers', async (t) => {
  let people = 0;
  let wrong = 0;
  for (let seed = 0; seed < tensors; seed++) {
    const value = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][seed % 3] as number;
    const decoded = await decode('openpose', randomTensors(seed, value));
    people += decoded.length;
    wrong += decoded.filter((person) => !isFinitePerson(person)).length;
  }
  t.ok(people > tensors, `${people} people were found in ${tensors} pictures`);
  reached(t, { fault, what: 'people with NaN, of tensors with NaN', value: wrong, exactly: 0 });
});
