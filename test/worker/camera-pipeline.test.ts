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

  frame(seq: number): Frame {
    const { pixels, width, height } = this;
    const capturedMonotonic = performance.now();
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

/** What a camera does at a read: gives a frame, is lost, or says nothing for a while and then gives one. */
type Step = 'frame' | 'lost' | 'late';
const stallTimeoutMs = 100;

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
    if (step === 'late') await new Promise((resolve) => setTimeout(resolve, 3 * stallTimeoutMs));
    return step === undefined ? null : this.#picture.frame(this.#seq++);
  }

  async close(): Promise<void> {}
}

const picture = await samplePicture(60);

/** The poses of every frame that a camera of the given script gives. */
async function play(session: Session, camera: number, steps: Step[]): Promise<PoseMessage[]> {
  const poses: PoseMessage[] = [];
  const failures: unknown[] = [];
  const source = new ReconnectingSource({
    create: () => new ScriptedCamera(picture, steps),
    description: 'scripted',
    finite: true,
    minDelayMs: 1,
    stallTimeoutMs,
  });
  await new CameraPipeline({
    camera,
    source,
    firstSeq: 0,
    slot: new NewestFrameSlot({ backPressure: true }), // no frame of the script is passed over
    session,
    permits: new Permits(session.capacity),
    maxFrames: Number.POSITIVE_INFINITY,
    onFirstFrame: () => {},
    onPose: (pose) => poses.push(pose),
    onSnapshot: () => {},
    onInferenceError: (error) => failures.push(error),
  }).run();
  if (failures.length > 0) throw failures[0];
  return poses;
}

t.test('people are carried on from frame to frame, and not over a gap', async (t) => {
  const session = await openSession('openvino', await blazeposeOptions(stateDir));
  t.teardown(() => session.close());
  const gaps = { 'was opened again': 'lost', 'said nothing for a while': 'late' } as const;
  let camera = 0;
  for (const [what, gap] of Object.entries(gaps)) {
    // A stall's own step gives a frame, a loss does not.
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
