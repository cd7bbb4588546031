import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import type { Frame, FrameSource } from '../../src/camera/frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { ReconnectingSource } from '../../src/camera/reconnecting-source.js';
import { openSession, type Session } from '../../src/engine/session.js';
import { AgentError } from '../../src/errors.js';
import { unpackInstances } from '../../src/pose/packed-instances.js';
import { CameraPipeline } from '../../src/worker/camera-pipeline.js';
import type { PoseMessage } from '../../src/worker/messages.js';
import { NewestFrameSlot } from '../../src/worker/newest-frame-slot.js';
import { Permits } from '../../src/worker/permits.js';
import { blazeposeOptions } from '../support/blazepose-options.js';

const stateDir = mkdtempSync(join(tmpdir(), 'pipeline-'));
t.teardown(() => rmSync(stateDir, { recursive: true }));

/** A picture of the sample clip, handed out as often as is wanted. */
class Picture {
  constructor(
    readonly pixels: Uint8Array,
    readonly width: number,
    readonly height: number,
  ) {}

  frame(seq: number, capturedMonotonic: number): Frame {
    const { pixels, width, height } = this;
    // Whoever takes the pixels frees them.
    return {
      seq,
      capturedAt: 0,
      capturedMonotonic,
      width,
      height,
      pixels: () => new Uint8Array(pixels),
      release() {},
    };
  }
}

async function samplePicture(index: number): Promise<Picture> {
  const source = createFrameSource(parseSource('sample:'), { pace: 'max' });
  await source.open();
  for (let frame = await source.read(); frame; frame = await source.read()) {
    const { seq, width, height } = frame;
    const picture = seq === index ? new Picture(frame.pixels(), width, height) : undefined;
    frame.release();
    if (picture) return source.close().then(() => picture);
  }
  throw new Error(`the sample clip has no frame ${index}`);
}

/** What a camera does at a read: gives a frame, is lost, or gives one that it took long after the last. */
type Step = 'frame' | 'lost' | 'late';
/** Between one frame and the next, by the cameras' own clock. */
const pausesMs = { frame: 40, late: 4100 };
let clockMs = performance.now();

/** Plays one script over all its openings. */
class ScriptedCamera implements FrameSource {
  readonly description = 'scripted';
  readonly finite = true;
  readonly format = null;
  #seq = 0;
  readonly #picture: Picture;
  readonly #steps: Step[];

  constructor(picture: Picture, steps: Step[]) {
    this.#picture = picture;
    this.#steps = steps;
  }

  async open(): Promise<void> {}

  async read(): Promise<Frame | null> {
    const step = this.#steps.shift();
    if (step === 'lost') throw new AgentError('CAMERA_READ_FAILED', 'scripted stopped');
    if (step === undefined) return null;
    clockMs += pausesMs[step];
    return this.#picture.frame(this.#seq++, clockMs);
  }

  async close(): Promise<void> {}
}

const picture = await samplePicture(60);

/** The poses of every frame that a camera of the given script gives. */
async function play(
  session: Session,
  camera: number,
  steps: Step[],
  change: (pipeline: CameraPipeline, poses: number) => void = () => {},
): Promise<PoseMessage[]> {
  const poses: PoseMessage[] = [];
  const failures: unknown[] = [];
  const source = new ReconnectingSource({
    create: () => new ScriptedCamera(picture, steps),
    description: 'scripted',
    finite: true,
    minDelayMs: 1,
  });
  const pipeline = new CameraPipeline({
    camera,
    source,
    firstSeq: 0,
    picture: { rotate: 0, flip: 'none', masks: [] },
    slot: new NewestFrameSlot({ backPressure: true }), // no frame of the script is passed over
    session,
    permits: new Permits(session.capacity),
    maxFrames: Number.POSITIVE_INFINITY,
    onFirstFrame: () => {},
    onPose: (pose) => change(pipeline, poses.push(pose)),
    onSnapshot: () => {},
    onInferenceError: (error) => failures.push(error),
  });
  await pipeline.run();
  if (failures.length > 0) throw failures[0];
  return poses;
}

t.test('people are carried on from frame to frame, and not over a gap', async (t) => {
  const session = await openSession('openvino', await blazeposeOptions(stateDir));
  t.teardown(() => session.close());
  const gaps = { 'was opened again': 'lost', 'said nothing for a while': 'late' } as const;
  let camera = 0;
  for (const [what, gap] of Object.entries(gaps)) {
    // A pause's own step gives a frame, a loss does not.
    const before: Step[] = ['frame', 'frame', 'frame', 'frame'];
    const after: Step[] = gap === 'lost' ? ['frame', 'frame'] : ['frame'];
    const poses = await play(session, camera++, [...before, gap, ...after]);
    t.equal(poses.length, 6, `every frame of a camera that ${what}`);
    const people = poses.map(({ packed }) => unpackInstances(packed));
    t.ok(people.every((found) => found.length === people[0]?.length && found.length > 0));
    const ids = people.map((found) => found.map(({ id }) => id));
    t.same(ids.slice(1, 4), [ids[0], ids[0], ids[0]], 'the same people before it');
    t.same(ids[5], ids[4], 'the same people after it');
    t.notOk(
      ids[4]?.some((id) => ids[0]?.includes(id)),
      `nobody is known to a camera that ${what}`,
    );
    const places = people.map((found) => found.map(({ keypoints }) => keypoints));
    t.same(places[4], places[0], 'nothing of before smooths or places the first people after it');
    t.notSame(places[5], places[4], 'which the test would see: the next frame is smoothed');
  }
});

t.test('people are followed on where the picture is seen as before, and only there', async (t) => {
  const session = await openSession('openvino', await blazeposeOptions(stateDir));
  t.teardown(() => session.close());
  const plain = { rotate: 0, flip: 'none', masks: [] } as const;
  const corner = [
    [0, 0],
    [0.02, 0],
    [0, 0.02],
  ];
  const changes = {
    'a mask in a corner': { picture: { ...plain, masks: [corner] }, same: true },
    'a roi of nearly everything': {
      picture: { ...plain, masks: [], roi: { x: 0, y: 0, width: 0.99, height: 1 } },
      same: false,
    },
    'a mirrored picture': { picture: { ...plain, masks: [], flip: 'horizontal' as const }, same: false },
  };
  let camera = 100;
  for (const [what, { picture, same }] of Object.entries(changes)) {
    const poses = await play(session, camera++, Array<Step>(16).fill('frame'), (pipeline, count) => {
      if (count === 4) pipeline.prepare(picture);
    });
    const ids = poses.map(({ packed }) => unpackInstances(packed).map(({ id }) => id));
    t.ok(ids[3]?.length, 'somebody is there');
    t.same(ids[3], ids[0]);
    if (same) t.same(ids[15], ids[0], `${what}: the same people`);
    else
      t.notOk(
        ids[15]?.some((id) => ids[0]?.includes(id)),
        `${what}: nobody is known any more`,
      );
    t.ok(ids[15]?.length, `${what}: somebody is found`);
  }
});

t.test('whoever is under a mask is not found', async (t) => {
  const session = await openSession('openvino', await blazeposeOptions(stateDir));
  t.teardown(() => session.close());
  const all = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ];
  const poses = await play(session, 200, Array<Step>(16).fill('frame'), (pipeline, count) => {
    if (count === 4) pipeline.prepare({ rotate: 0, flip: 'none', masks: [all] });
  });
  const people = poses.map(({ packed }) => unpackInstances(packed).length);
  t.ok((people[3] as number) > 0);
  t.equal(people[15], 0);
});
