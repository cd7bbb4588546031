import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import { sessionSpec } from '../../src/agent/session-spec.js';
import { createFrameSource, createReconnectingSource } from '../../src/camera/create-frame-source.js';
import { type CapturedPicture, capturedPicture, type Frame } from '../../src/camera/frame-source.js';
import { decodePicture } from '../../src/camera/opencv.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { NativePictureView } from '../../src/engine/binding.js';
import { openSession } from '../../src/engine/session.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { convertToBgr, type PictureFormat, pictureBytes } from '../../src/native/picture-format.js';
import { type RawInstance, unpackInstances } from '../../src/pose/packed-instances.js';
import { CameraPicture } from '../../src/worker/camera-picture.js';
import { CameraPipeline } from '../../src/worker/camera-pipeline.js';
import type { SnapshotMessage } from '../../src/worker/messages.js';
import { NewestFrameSlot } from '../../src/worker/newest-frame-slot.js';
import { Permits } from '../../src/worker/permits.js';
import { blazeposeOptions } from '../support/blazepose-options.js';
import { ffmpeg } from '../support/encoded-clip.js';
import { startHttpCamera } from '../support/http-camera-thread.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

const leftHalf: [number, number][] = [
  [0, 0],
  [0.5, 0],
  [0.5, 1],
  [0, 1],
];

interface Clip {
  /** What it comes as. */
  readonly format: PictureFormat;
  readonly size: string;
  readonly encoder: readonly string[];
}

const tagged = (pixels: string, matrix: string, range: string): readonly string[] => [
  ...['-vf', `scale=out_color_matrix=${matrix}:out_range=${range},format=${pixels}`],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-colorspace', matrix, '-color_range', range],
];

const clips: Readonly<Record<string, Clip>> = {
  'bt601.mp4': { format: 'i420-bt601', size: '320x180', encoder: tagged('yuv420p', 'smpte170m', 'tv') },
  'bt709.mp4': { format: 'i420-bt709', size: '322x182', encoder: tagged('yuv420p', 'bt709', 'tv') },
  'full.mp4': { format: 'i420-bt601-full', size: '320x180', encoder: tagged('yuvj420p', 'smpte170m', 'pc') },
  'bt709-full.mp4': { format: 'i420-bt709-full', size: '64x48', encoder: tagged('yuvj420p', 'bt709', 'pc') },
  'untold.mp4': {
    format: 'i420-bt601',
    size: '320x180',
    encoder: ['-c:v', 'libx264', '-pix_fmt', 'yuv420p'],
  },
  'odd.mkv': {
    format: 'i420-bt601-full',
    size: '321x181',
    encoder: ['-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj420p'],
  },
  '444.mp4': { format: 'bgr', size: '320x180', encoder: tagged('yuv444p', 'bt709', 'tv') },
  '422.mp4': { format: 'bgr', size: '320x180', encoder: tagged('yuv422p', 'smpte170m', 'tv') },
  '10-bit.mp4': { format: 'bgr', size: '320x180', encoder: tagged('yuv420p10le', 'bt709', 'tv') },
};

async function firstFrame<Result>(source: string, look: (frame: Frame) => Result): Promise<Result> {
  const frames = createFrameSource(parseSource(source), {});
  try {
    await frames.open();
    const frame = await frames.read();
    if (frame === null) throw new Error('no frame');
    const result = look(frame);
    frame.release();
    return result;
  } finally {
    await frames.close();
  }
}

t.test('a camera of 4:2:0 gives its planes, any other BGR, and the colours are FFmpeg’s', async (t) => {
  const folder = t.testdir();
  const answers: Record<string, { body: Buffer }> = {};
  for (const [name, { size, encoder }] of Object.entries(clips)) {
    const path = join(folder, name);
    // A still picture with soft edges, so that no sample of chroma is between two colours.
    const picture = `testsrc2=size=${size}:rate=5,trim=end_frame=1,loop=4:1,gblur=sigma=2`;
    await ffmpeg('-f', 'lavfi', '-i', picture, ...encoder, path);
    answers[`/${name}`] = { body: readFileSync(path) };
  }
  const camera = await startHttpCamera(answers);
  t.teardown(() => camera.stop());
  for (const [name, { format }] of Object.entries(clips)) {
    const url = `http://127.0.0.1:${camera.port}/${name}`;
    const found = await firstFrame(url, (frame) => {
      const { pixels, format: given } = capturedPicture(frame);
      t.equal(given, format, name);
      t.equal(pixels.length, pictureBytes(given, frame.width, frame.height));
      return Uint8Array.from(frame.pixels());
    });
    const raw = ['-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'bgr24', '-sws_flags', 'bicubic', '-'];
    const expected = execFileSync('ffmpeg', ['-loglevel', 'error', '-i', join(folder, name), ...raw]);
    t.equal(found.length, expected.length);
    let sum = 0;
    let far = 0;
    for (const [i, level] of expected.entries()) {
      const off = Math.abs(level - (found[i] ?? 0));
      sum += off;
      if (off > 2) far++;
    }
    const mean = sum / expected.length;
    t.ok(mean < 1, `${name}: levels differ by ${mean.toFixed(3)} in the mean`);
    t.ok(
      far / expected.length < 0.02,
      `${name}: ${((100 * far) / expected.length).toFixed(2)} % by more than 2`,
    );
  }
});

/** Distances of the keypoints of people who are seen well, px; Infinity where one was not found. */
function distances(expected: readonly RawInstance[], found: readonly RawInstance[]): number[] {
  const between = (person: RawInstance, other: RawInstance | undefined): number[] =>
    person.keypoints.flatMap((keypoint, index) => {
      if (keypoint === null) return [];
      const same = other?.keypoints[index];
      return same ? Math.hypot(keypoint.x - same.x, keypoint.y - same.y) : Number.POSITIVE_INFINITY;
    });
  return expected
    .filter(({ score }) => score > 0.6)
    .flatMap((person) => {
      const candidates = found.map((other) => between(person, other));
      return candidates.sort((one, other) => median(one) - median(other))[0] ?? between(person, undefined);
    });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.POSITIVE_INFINITY;
}

/** Keypoints that lie elsewhere, as a part of all: the network's maps are read in steps of 4.2 px of this clip. */
function moved(values: readonly number[]): number {
  return values.filter((value) => value > 1).length / values.length;
}

t.test('the default model finds by planes what it finds by BGR', { skip: withoutSharedData }, async (t) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'yuv-frames-'));
  t.teardown(() => rmSync(stateDir, { recursive: true }));
  const folder = join(sharedData(), 'models/human-pose-estimation-0001/FP16-INT8');
  const model = await resolveInstalled(join(folder, 'human-pose-estimation-0001.xml'), { stateDir });
  const { config } = loadConfig({ environment: { EDGE_POSE_STATE_DIR: stateDir } });
  const session = await openSession('openvino', sessionSpec(config, model));
  t.teardown(() => session.close());

  const width = 960;
  const height = 540;
  // One a second: all of the clip.
  const clip = resolve(import.meta.dirname, '../../media/sample.mp4');
  const input = ['-loglevel', 'error', '-i', clip, '-vf', 'fps=1', '-f', 'rawvideo', '-pix_fmt'];
  const raw = (format: string): Buffer =>
    execFileSync('ffmpeg', [...input, format, '-'], { maxBuffer: 1 << 30 });
  const planes = raw('yuv420p');
  const byFfmpeg = raw('bgr24');
  const look = async (picture: CapturedPicture, view?: NativePictureView): Promise<RawInstance[]> =>
    unpackInstances(await session.infer({ ...picture, width, height, camera: 0, timeMs: 0, view }));
  const format = 'i420-bt709';
  const found = { planes: [] as number[], bgr: [] as number[] };
  for (let i = 0; i < planes.length / pictureBytes(format, width, height); i++) {
    const part = (all: Buffer, bytes: number): Uint8Array =>
      Uint8Array.from(all.subarray(i * bytes, (i + 1) * bytes));
    const pixels = part(planes, pictureBytes(format, width, height));
    const expected = await look({ pixels: part(byFfmpeg, width * height * 3), format: 'bgr' });
    const bgr = convertToBgr(pixels, width, height, format);
    found.planes.push(...distances(expected, await look({ pixels, format })));
    found.bgr.push(...distances(expected, await look({ pixels: bgr, format: 'bgr' })));
  }
  const told = Object.entries(found).map(
    ([name, values]) =>
      `${name}: ${values.length} keypoints, ${(100 * moved(values)).toFixed(1)} % elsewhere`,
  );
  t.comment(told.join('; '));
  t.ok(found.planes.length > 500, `${found.planes.length} keypoints`);
  t.ok(median(found.planes) < 1, `median ${median(found.planes).toFixed(3)} px`);
  const near = found.planes.filter((value) => value < 12).length / found.planes.length;
  t.ok(near > 0.98, `${(100 * near).toFixed(1)} % within two steps of the maps`);
  const more = moved(found.planes) - moved(found.bgr);
  t.ok(more < 0.05, `no more lie elsewhere than by another way to BGR: ${(100 * more).toFixed(1)} % more`);
});

t.test('bytes that are no picture of the format are refused', async (t) => {
  const odd = new Uint8Array(pictureBytes('i420-bt601', 5, 3)).fill(128);
  t.equal(convertToBgr(odd, 5, 3, 'i420-bt601').length, 45);
  t.throws(() => convertToBgr(odd.subarray(1), 5, 3, 'i420-bt601'), {
    name: 'RangeError',
    message: /27 bytes/,
  });
  t.throws(() => convertToBgr(odd, 5, 3, 'nv12' as never), { name: 'RangeError', message: /format/ });
});

t.test('what a mask covers is black in a camera’s planes', async (t) => {
  const picture = new CameraPicture({ rotate: 0, flip: 'none', masks: [leftHalf] });
  for (const format of ['i420-bt601', 'i420-bt709-full'] as const) {
    const pixels = new Uint8Array(pictureBytes(format, 20, 10)).fill(140);
    picture.blacken(pixels, 20, 10, format);
    const bgr = convertToBgr(pixels, 20, 10, format);
    for (let i = 0; i < 200; i++) {
      const covered = i % 20 <= 10; // the edge between 9 and 10 touches both
      t.equal(Math.max(...bgr.subarray(3 * i, 3 * i + 3)) === 0, covered, `${format}: pixel ${i}`);
    }
  }
});

t.test('a snapshot of a camera that gives planes is in colour, and black under its mask', async (t) => {
  const folder = t.testdir();
  const clip = join(folder, 'blue.mp4');
  const tags = tagged('yuv420p', 'bt709', 'tv');
  await ffmpeg('-f', 'lavfi', '-i', 'color=c=0x2040C0:size=320x180:rate=5:duration=4', ...tags, clip);
  const camera = await startHttpCamera({ '/blue.mp4': { body: readFileSync(clip) } });
  t.teardown(() => camera.stop());
  // BlazePose cuts its pictures out of BGR.
  const session = await openSession('openvino', await blazeposeOptions(join(folder, 'state')));
  t.teardown(() => session.close());
  const failures: unknown[] = [];
  const snapshots: SnapshotMessage[] = [];
  const pipeline = new CameraPipeline({
    camera: 0,
    source: createReconnectingSource(parseSource(`http://127.0.0.1:${camera.port}/blue.mp4`), {}, {}),
    firstSeq: 0,
    picture: { rotate: 0, flip: 'none', masks: [leftHalf] },
    slot: new NewestFrameSlot({}),
    session,
    permits: new Permits(session.capacity),
    maxFrames: 3,
    onFirstFrame: () => {},
    onPose: () => {},
    onSnapshot: (snapshot) => snapshots.push(snapshot),
    onInferenceError: (error) => failures.push(error),
  });
  pipeline.requestSnapshot({ id: 7, skeleton: null });
  await pipeline.run();
  t.same(failures, []);
  t.match(snapshots, [{ id: 7, width: 320, height: 180 }]);
  const mat = await decodePicture(snapshots[0]?.jpeg ?? new Uint8Array());
  const pixels = mat?.getData() ?? new Uint8Array();
  mat?.release();
  const at = (x: number, y: number) => pixels.subarray(3 * (y * 320 + x), 3 * (y * 320 + x) + 3);
  t.ok(Math.max(...at(40, 90)) < 8, `under the mask: ${at(40, 90)}`);
  for (const [channel, level] of [0xc0, 0x40, 0x20].entries()) {
    t.ok(Math.abs((at(280, 90)[channel] ?? 0) - level) < 8, `blue, green, red: ${at(280, 90)}`);
  }
});
