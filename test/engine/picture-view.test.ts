import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { sessionSpec } from '../../src/agent/session-spec.js';
import { loadConfig } from '../../src/config/load-config.js';
import { openSession, type Session } from '../../src/engine/session.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { type RawInstance, unpackInstances } from '../../src/pose/packed-instances.js';
import { CameraPicture } from '../../src/worker/camera-picture.js';
import { blazeposeOptions } from '../support/blazepose-options.js';
import { type DeliveredFrame, deliver, turns } from '../support/camera-view.js';
import { sampleFrame } from '../support/sample-frame.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

const stateDir = mkdtempSync(join(tmpdir(), 'picture-view-'));
t.teardown(() => rmSync(stateDir, { recursive: true }));

/** Two people, far apart. */
const upright = await sampleFrame(340);
const asItIs = { rotate: 0, flip: 'none' } as const;
let camera = 0;

/** People of a frame of a camera that nobody has seen before. */
async function look(
  session: Session,
  { pixels, width, height, config }: DeliveredFrame,
): Promise<RawInstance[]> {
  const view = new CameraPicture(config).view(width, height);
  return unpackInstances(await session.infer({ pixels, width, height, camera: camera++, timeMs: 0, view }));
}

function farthest(
  found: readonly RawInstance[],
  expected: readonly RawInstance[],
  frame: DeliveredFrame,
): number {
  let worst = 0;
  expected.forEach(({ keypoints }, person) => {
    keypoints.forEach((keypoint, index) => {
      const other = found[person]?.keypoints[index] ?? null;
      if (keypoint === null && other === null) return;
      if (keypoint === null || other === null) worst = Number.POSITIVE_INFINITY;
      else {
        const [x, y] = frame.place(keypoint.x, keypoint.y);
        worst = Math.max(worst, Math.hypot(other.x - x, other.y - y));
      }
    });
  });
  return worst;
}

/** However the camera hangs and whatever is around the picture, the same is found in it. */
async function compare(t: Test, session: Session): Promise<void> {
  const expected = await look(session, deliver(upright, asItIs));
  t.ok(expected.length >= 1, `${expected.length} people`);
  let worst = 0;
  for (const turn of turns) {
    for (const around of [
      [0, 0],
      [200, 120],
    ] as const) {
      const frame = deliver(upright, turn, around);
      const found = await look(session, frame);
      const what = `turned by ${turn.rotate}, flip ${turn.flip}, in a frame of ${frame.width}x${frame.height}`;
      t.equal(found.length, expected.length, what);
      const error = farthest(found, expected, frame);
      t.ok(error < 0.1, `${what}: ${error.toFixed(3)} px off`);
      worst = Math.max(worst, error);
    }
  }
  t.comment(`farthest from where the upright picture has it: ${worst.toFixed(4)} px`);
}

/** Distance in px of every visible keypoint to that of the person who is nearest. */
function errors(found: readonly RawInstance[], { place }: DeliveredFrame): number[] {
  return upright.people.flatMap((person) => {
    const candidates = found.map(({ keypoints }) =>
      [...person].map(([index, [u, v]]) => {
        const [x, y] = place(u, v);
        const keypoint = keypoints[index];
        return keypoint ? Math.hypot(keypoint.x - x, keypoint.y - y) : Number.POSITIVE_INFINITY;
      }),
    );
    return candidates.sort((a, b) => median(a) - median(b))[0] ?? [Number.POSITIVE_INFINITY];
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.POSITIVE_INFINITY;
}

t.test('BlazePose finds in a turned part of a frame what it finds upright', async (t) => {
  const session = await openSession('openvino', await blazeposeOptions(stateDir));
  t.teardown(() => session.close());
  await compare(t, session);
});

t.test('OpenPose does, and its keypoints are on the people', { skip: withoutSharedData }, async (t) => {
  const folder = join(sharedData(), 'models/human-pose-estimation-0001/FP16-INT8');
  const model = await resolveInstalled(join(folder, 'human-pose-estimation-0001.xml'), { stateDir });
  const { config } = loadConfig({ environment: { EDGE_POSE_STATE_DIR: stateDir } });
  const session = await openSession('openvino', sessionSpec(config, model));
  t.teardown(() => session.close());
  await compare(t, session);
  for (const turn of turns) {
    const frame = deliver(upright, turn);
    const error = median(errors(await look(session, frame), frame));
    t.ok(
      error < 6,
      `turned by ${turn.rotate}, flip ${turn.flip}: median ${error.toFixed(2)} px to the truth`,
    );
  }
  const lying = deliver(upright, { rotate: 90, flip: 'none' });
  const untold = median(errors(await look(session, { ...lying, config: { ...asItIs, masks: [] } }), lying));
  t.ok(untold > 30, 'where nothing is said of a camera that lies on its side nobody is found rightly');
});

t.test('of a view that is none the addon says which value is wrong', async (t) => {
  const session = await openSession('openvino', await blazeposeOptions(stateDir));
  t.teardown(() => session.close());
  const whole = { left: 0, top: 0, width: 8, height: 6, rotate: 0, flip: 'none' };
  const infer = (view: unknown) =>
    session.infer({
      pixels: new Uint8Array(144),
      width: 8,
      height: 6,
      camera: 0,
      timeMs: 0,
      view: view as never,
    });
  await t.resolves(infer(whole));
  for (const [name, value] of Object.entries({
    left: 1,
    top: -1,
    width: 9,
    height: 0,
    rotate: 45,
    flip: 'both',
  })) {
    await t.rejects(
      infer({ ...whole, [name]: value }),
      { message: /left|top|width|height|rotate|flip/ },
      name,
    );
  }
  await t.rejects(infer(90), TypeError);
});
