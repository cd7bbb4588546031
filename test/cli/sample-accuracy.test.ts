import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import { sessionSpec } from '../../src/agent/session-spec.js';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { loadConfig } from '../../src/config/load-config.js';
import { openSession } from '../../src/engine/session.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import type { Instance } from '../../src/pose/instance.js';
import { unpackInstances } from '../../src/pose/packed-instances.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

interface TruePerson {
  occluded: boolean;
  /** x, y in pixels, v: 2 visible, 1 hidden, 0 outside. */
  keypoints: [number, number, number][];
}

const truth = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../media/sample.json'), 'utf8')) as {
  frames: { people: TruePerson[] }[];
};

function distances(person: TruePerson, found: Instance): number[] {
  return person.keypoints.flatMap(([x, y, v], index) => {
    const keypoint = found.keypoints[index];
    return v === 2 && keypoint ? [Math.hypot(keypoint.x - x, keypoint.y - y)] : [];
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.POSITIVE_INFINITY;
}

/** Errors in px of every visible keypoint of the person who is nearest. */
function errors(person: TruePerson, found: readonly Instance[]): number[] {
  const candidates = found.map((instance) => distances(person, instance));
  return candidates.sort((a, b) => median(a) - median(b))[0] ?? [];
}

t.test(
  'human-pose-estimation-0001 on the sample clip agrees with its ground truth',
  { skip: withoutSharedData, timeout: 120_000 },
  async (t) => {
    const shared = sharedData();
    const stateDir = mkdtempSync(join(tmpdir(), 'sample-'));
    t.teardown(() => rmSync(stateDir, { recursive: true }));
    const folder = join(shared, 'models/human-pose-estimation-0001/FP16-INT8');
    const model = await resolveInstalled(join(folder, 'human-pose-estimation-0001.xml'), { stateDir });
    const { config } = loadConfig({ environment: { EDGE_POSE_STATE_DIR: stateDir } });
    const session = await openSession('openvino', sessionSpec(config, model));
    const source = createFrameSource(parseSource('sample:'), { pace: 'max' });
    await source.open();
    const all: number[] = [];
    let clear = 0;
    let countedRight = 0;
    for (const { people } of truth.frames) {
      const frame = await source.read();
      if (!frame) break;
      const { width, height, seq } = frame;
      const packed = await session.infer({
        pixels: frame.pixels(),
        width,
        height,
        camera: 0,
        timeMs: seq * 33,
      });
      frame.release();
      const found = unpackInstances(packed);
      if (people.some(({ occluded }) => occluded)) continue;
      clear++;
      if (found.length === people.length) countedRight++;
      for (const person of people) all.push(...errors(person, found));
    }
    await source.close();
    await session.close();
    t.ok(clear > 360, `${clear} frames where nobody is occluded`);
    t.ok(median(all) <= 6, `keypoints: median ${median(all).toFixed(2)} px over ${all.length}`);
    t.ok(
      countedRight / clear >= 0.95,
      `people counted right in ${((100 * countedRight) / clear).toFixed(2)} %`,
    );
  },
);
