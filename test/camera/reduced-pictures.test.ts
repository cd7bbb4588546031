import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { sessionSpec } from '../../src/agent/session-spec.js';
import type { EnoughPixels, Frame } from '../../src/camera/frame-source.js';
import { HttpStreamSource } from '../../src/camera/http-stream-source.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { CameraPictureConfig } from '../../src/config/schema.js';
import { openSession, type Session } from '../../src/engine/session.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import type { RawInstance } from '../../src/pose/packed-instances.js';
import { unpackInstances } from '../../src/pose/packed-instances.js';
import type { WholePictureInput } from '../../src/worker/camera-picture.js';
import { CameraPipeline } from '../../src/worker/camera-pipeline.js';
import type { PoseMessage, SnapshotMessage } from '../../src/worker/messages.js';
import { NewestFrameSlot } from '../../src/worker/newest-frame-slot.js';
import { Permits } from '../../src/worker/permits.js';
import { MjpegServer } from '../support/mjpeg-server.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

const stateDir = mkdtempSync(join(tmpdir(), 'reduced-'));
t.teardown(() => rmSync(stateDir, { recursive: true }));
t.setTimeout(120_000);
const sampleClip = resolve(import.meta.dirname, '../../media/sample.mp4');

/** A frame of a recording, changed by a filter of FFmpeg's, as a JPEG. */
async function jpegOf(path: string, index: number, change: string): Promise<Buffer> {
  const filter = `select=eq(n\\,${index}),${change}`;
  const options = ['-vf', filter, '-frames:v', '1', '-q:v', '3', '-pix_fmt', 'yuvj420p', '-f', 'mjpeg', '-'];
  const run = ['-v', 'error', '-i', path, ...options];
  return (await promisify(execFile)('ffmpeg', run, { encoding: 'buffer', maxBuffer: 1 << 26 })).stdout;
}

/** A camera that shows one picture. */
async function show(t: Test, jpeg: Buffer): Promise<string> {
  const server = await new MjpegServer({ fps: 20 }).start();
  t.teardown(() => server.stop());
  server.next = () => ({ body: jpeg });
  return server.url;
}

t.test('a JPEG is decoded as small as is enough, and is of the size of its frame all the same', async (t) => {
  const url = await show(t, await jpegOf(sampleClip, 60, 'scale=1280:720'));
  let enough: EnoughPixels | undefined;
  const source = new HttpStreamSource({ url, enough: () => enough });
  t.teardown(() => source.close());
  await source.open();
  const next = async (): Promise<{ scale: number | undefined; bytes: number; mean: number }> => {
    // What was asked before may be on its way still.
    for (let i = 0; i < 2; i++) ((await source.read()) as Frame).release();
    const frame = (await source.read()) as Frame;
    t.same([frame.width, frame.height], [1280, 720], 'of the camera');
    const pixels = frame.pixels();
    const mean = pixels.reduce((sum, level) => sum + level, 0) / pixels.length;
    frame.release();
    return { scale: frame.scale, bytes: pixels.length, mean };
  };
  const whole = await next();
  t.match(whole, { scale: 1, bytes: 1280 * 720 * 3 });
  for (const [across, down, scale] of [
    [456, 256, 2],
    [300, 180, 4],
    [160, 90, 8],
    [1000, 1000, 1],
  ] as const) {
    enough = { across, down, both: false };
    const picture = await next();
    t.match(picture, { scale, bytes: (1280 * 720 * 3) / scale ** 2 }, `${across}x${down}`);
    t.ok(Math.abs(picture.mean - whole.mean) < 1, 'the same picture');
  }
  t.match(source.format, { width: 1280, height: 720 });
});

interface Seen {
  poses: PoseMessage[];
  snapshots: SnapshotMessage[];
  /** Of the frames' pixels, in their order. */
  scales: number[];
}

/** Frames of an MJPEG camera on their way through the worker, until `count` poses came. */
async function watch(
  session: Session,
  url: string,
  input: WholePictureInput | undefined,
  picture: CameraPictureConfig,
  { count = 4, onPose = (_: CameraPipeline, __: number) => {} } = {},
): Promise<Seen> {
  const seen: Seen = { poses: [], snapshots: [], scales: [] };
  const source = new HttpStreamSource({ url, enough: () => pipeline.enough() });
  const read = source.read.bind(source);
  source.read = async () => {
    const frame = await read();
    if (frame) seen.scales.push(frame.scale ?? 1);
    return frame;
  };
  const pipeline: CameraPipeline = new CameraPipeline({
    camera: 0,
    source,
    firstSeq: 0,
    picture,
    input,
    slot: new NewestFrameSlot({ backPressure: true }),
    session,
    permits: new Permits(1),
    maxFrames: count,
    onFirstFrame: () => {},
    onPose: (pose) => onPose(pipeline, seen.poses.push(pose)),
    onSnapshot: (snapshot) => seen.snapshots.push(snapshot),
    onInferenceError: (error) => {
      throw error;
    },
  });
  await pipeline.run();
  return seen;
}

const plain: CameraPictureConfig = { rotate: 0, flip: 'none', masks: [] };

/** One that looks at the whole picture, 456x256. */
async function openNetwork(t: Test): Promise<{ session: Session; input: WholePictureInput }> {
  const own = join(
    sharedData(),
    'models/human-pose-estimation-0001/FP16-INT8/human-pose-estimation-0001.xml',
  );
  const { config } = loadConfig({ environment: { EDGE_POSE_STATE_DIR: stateDir } });
  const spec = sessionSpec(config, await resolveInstalled(own, { stateDir }));
  if ('detector' in spec) throw new Error('a network that looks at the whole picture is expected');
  const session = await openSession('openvino', spec);
  t.teardown(() => session.close());
  const { inputWidth: width, inputHeight: height } = session.info;
  return { session, input: { width, height, resize: spec.input.resize } };
}

/** Distances of keypoints that both have, px, of people who are in the same place. */
function distances(these: RawInstance[], those: RawInstance[]): number[] {
  return these.flatMap((person) => {
    const each = those.map(({ keypoints }) =>
      keypoints.flatMap((point, k) => {
        const other = person.keypoints[k];
        return point && other ? [Math.hypot(point.x - other.x, point.y - other.y)] : [];
      }),
    );
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    return each.filter(({ length }) => length > 5).toSorted((a, b) => mean(a) - mean(b))[0] ?? [];
  });
}

t.test("networks see the same people in the camera's own pixels", { skip: withoutSharedData }, async (t) => {
  const { session, input } = await openNetwork(t);
  const clip = join(sharedData(), 'media/multi-person/sports2d_demo.mp4');
  const roi = { x: 0.1, y: 0.05, width: 0.7, height: 0.9 };
  const mask = [
    [
      [0, 0],
      [0.5, 0],
      [0.5, 1],
      [0, 1],
    ],
  ];
  const people: Record<string, number> = {};
  const cases: Record<string, { picture: CameraPictureConfig; scale: number; filter?: string }> = {
    'as it is': { picture: plain, scale: 4 },
    'a roi': { picture: { ...plain, roi }, scale: 2 },
    lying: { picture: { ...plain, rotate: 90 }, scale: 4, filter: 'transpose=cclock' },
    masked: { picture: { ...plain, masks: mask }, scale: 4 },
  };
  for (const [what, { picture, scale, filter = 'null' }] of Object.entries(cases)) {
    const url = await show(t, await jpegOf(clip, 100, `scale=3840:2160,${filter}`));
    const whole = await watch(session, url, undefined, picture, { count: 1 });
    const small = await watch(session, url, input, picture, { count: 1 });
    t.same([whole.scales[0], small.scales[0]], [1, scale], `${what}: decoded ${scale} times as small`);
    const size = ({ width, height }: Partial<PoseMessage> = {}): unknown[] => [width, height];
    t.same(size(small.poses[0]), size(whole.poses[0]), `${what}: of the camera's own size`);
    const [these, those] = [whole, small].map(({ poses }) =>
      unpackInstances((poses[0] as PoseMessage).packed),
    ) as [RawInstance[], RawInstance[]];
    people[what] = those.length;
    t.equal(those.length, these.length, `${what}: as many people`);
    const apart = distances(these, those);
    const median = apart.toSorted((a, b) => a - b)[apart.length >> 1] as number;
    t.ok(apart.length > 5, `${what}: somebody is there`);
    t.ok(median <= 1, `${what}: ${apart.length} keypoints, half of them within ${median.toFixed(2)} px`);
  }
  t.ok((people['as it is'] as number) > (people.masked as number), 'whoever is under a mask is not found');
});

t.test(
  'what is to be seen is whole, and what changes live counts at once',
  { skip: withoutSharedData },
  async (t) => {
    const { session, input } = await openNetwork(t);
    const url = await show(t, await jpegOf(sampleClip, 60, 'scale=3840:2160'));
    const { scales, snapshots } = await watch(session, url, input, plain, {
      count: 40,
      onPose: (pipeline, poses) => {
        if (poses === 6) pipeline.requestSnapshot({ id: 7, skeleton: null });
        if (poses === 24) pipeline.prepare({ ...plain, roi: { x: 0.5, y: 0.5, width: 0.5, height: 0.5 } });
      },
    });
    t.equal(scales[0], 4);
    t.match(snapshots, [{ id: 7 }], 'one snapshot');
    const whole = scales.flatMap((scale, index) => (scale === 1 ? [index] : []));
    t.ok(whole.length >= 1 && whole.length <= 4, `whole for it: ${whole}`);
    t.equal(scales[22], 4, 'and small again');
    t.equal(scales[39], 2, 'the roi is looked at as closely as the frame was');
    t.equal(snapshots[0]?.width, snapshots[0] && Math.round((snapshots[0].height * 16) / 9));
  },
);
