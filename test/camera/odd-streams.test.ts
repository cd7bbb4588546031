import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startCamera } from '../support/bad-cameras/bad-camera.js';
import { asH264Stream } from '../support/bad-cameras/clip.js';
import { flatStream } from '../support/bad-cameras/h264.js';
import { serveRtsp } from '../support/bad-cameras/rtsp-camera.js';
import { ffmpeg, h264, writeEncodedClip } from '../support/encoded-clip.js';
import { atScale } from '../support/fault-figure.js';
import { playFile, requireGstreamerServer } from '../support/gstreamer-rtsp-server.js';
import { inOrder, type Watched, watchSource } from '../support/watch-source.js';

const fps = 25;
/** Each clip is longer than what is looked at of it. */
const clipFrames = 75;
const looked = 50;
/** So many at once are no work for a small machine. */
const together = 5;

type Codec = 'h264' | 'h265' | 'jpeg';

interface OddStream {
  readonly codec: Codec;
  readonly encoder: readonly string[];
  readonly size?: readonly [number, number];
}

const x264 = (format: string, ...more: string[]): readonly string[] => [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', format],
  ...more,
];
const x265 = (format: string, parameters = ''): readonly string[] => [
  ...['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', format, '-tag:v', 'hvc1'],
  ...['-x265-params', `log-level=error${parameters}`],
];

/** RTP carries JPEGs of the standard's own Huffman tables alone (RFC 2435). */
const rtpJpeg = ['-c:v', 'mjpeg', '-q:v', '3', '-huffman', 'default'];

const streams: Readonly<Record<string, OddStream>> = {
  plain: { codec: 'h264', encoder: h264 },
  'b-frames': { codec: 'h264', encoder: x264('yuv420p', '-bf', '3', '-g', '250') },
  'long-gop': { codec: 'h264', encoder: x264('yuv420p', '-g', '1000', '-bf', '0') },
  'h264-444': { codec: 'h264', encoder: x264('yuv444p') },
  'h264-422': { codec: 'h264', encoder: x264('yuv422p') },
  'h264-10-bit': { codec: 'h264', encoder: x264('yuv420p10le') },
  'h264-grey': { codec: 'h264', encoder: x264('gray') },
  'h264-odd': { codec: 'h264', encoder: x264('yuv444p'), size: [641, 359] },
  h265: { codec: 'h265', encoder: x265('yuv420p') },
  'h265-b-frames': { codec: 'h265', encoder: x265('yuv420p', ':bframes=4:keyint=250') },
  'h265-10-bit': { codec: 'h265', encoder: x265('yuv420p10le') },
  'h265-444': { codec: 'h265', encoder: x265('yuv444p') },
  mjpeg: { codec: 'jpeg', encoder: [...rtpJpeg, '-pix_fmt', 'yuvj420p'] },
};

/** Streams of the server by name, with what is written for them. */
async function serve(
  t: Test,
  pipelines: Record<string, string>,
): Promise<((name: string) => string) | undefined> {
  const entries = Object.entries(pipelines).map(([name, pipeline]) => [`/${name}`, pipeline]);
  const port = await requireGstreamerServer(t, { streams: Object.fromEntries(entries), transports: ['tcp'] });
  return port === undefined ? undefined : (name) => `rtsp://127.0.0.1:${port}/${name}`;
}

t.test('codecs, pixel formats and sizes over RTSP: every frame, whole', { timeout: 120_000 }, async (t) => {
  const folder = t.testdir();
  const pipelines: Record<string, string> = {};
  for (const [name, { codec, encoder, size }] of Object.entries(streams)) {
    const path = join(folder, `${name}.mov`);
    const rest = size === undefined ? {} : { size };
    await writeEncodedClip(path, { frames: clipFrames, fps, encoder, ...rest });
    pipelines[name] = playFile(path, codec);
  }
  const addressOf = await serve(t, pipelines);
  if (addressOf === undefined) return;
  const watched: Watched[] = [];
  const names = Object.keys(streams);
  for (let at = 0; at < names.length; at += together) {
    const some = names.slice(at, at + together);
    const looks = some.map((name) => watchSource(addressOf(name), { frames: looked, timeoutMs: 15_000 }));
    watched.push(...(await Promise.all(looks)));
  }
  for (const [i, [name, { size = [256, 64] }]] of Object.entries(streams).entries()) {
    const { frames, error } = watched[i] as Watched;
    t.equal(error, undefined, name);
    t.equal(frames.length, looked, name);
    t.match(frames.at(-1), { width: size[0], height: size[1] }, name);
    const inRow = inOrder(frames);
    // Where this machine does other work as well a frame is replaced by the next one.
    t.ok(inRow >= looked * 0.5, `${name}: ${inRow} of ${looked} follow the one before`);
    t.ok(
      Math.max(...frames.map(({ number }) => number)) < clipFrames,
      `${name}: no number that was not painted`,
    );
  }
});

t.test('a size that changes while it runs', { timeout: 60_000 }, async (t) => {
  const folder = t.testdir();
  const sizes = [
    [256, 64],
    [512, 128],
    [320, 240],
  ] as const;
  const parts: Buffer[] = [];
  for (const [i, size] of sizes.entries()) {
    const part = join(folder, `${i}.h264`);
    await writeEncodedClip(part, { frames: 25, fps, encoder: [...h264, '-g', '25'], size });
    parts.push(readFileSync(part));
  }
  const [all, path] = [join(folder, 'all.h264'), join(folder, 'all.mp4')];
  writeFileSync(all, Buffer.concat(parts));
  await ffmpeg('-r', `${fps}`, '-i', all, '-c', 'copy', path);
  const addressOf = await serve(t, {
    sizes: `filesrc location="${path}" ! qtdemux ! rtph264pay name=pay0 pt=96`,
  });
  if (addressOf === undefined) return;
  const { frames, error } = await watchSource(addressOf('sizes'), { frames: 70, timeoutMs: 10_000 });
  t.equal(error, undefined);
  const found = [...new Set(frames.map(({ width, height }) => `${width}x${height}`))];
  t.same(
    found,
    sizes.map(([width, height]) => `${width}x${height}`),
  );
  t.ok(
    frames.every(({ number }) => number < 25),
    'every picture is whole',
  );
});

t.test('frames in an irregular rhythm, and one in 3 s', { timeout: 60_000 }, async (t) => {
  const folder = t.testdir();
  const [irregular, slow] = [join(folder, 'irregular.mp4'), join(folder, 'slow.mp4')];
  const vfr = ['-fps_mode', 'vfr'];
  // Of 200 frames those whose number is a square.
  const squares = "select='eq(mod(sqrt(n),1),0)'";
  await writeEncodedClip(irregular, { frames: 200, fps, encoder: [...h264, ...vfr], filters: [squares] });
  await writeEncodedClip(slow, { frames: 10, fps: 1 / 3, encoder: [...h264, '-g', '1'] });
  const addressOf = await serve(t, { irregular: playFile(irregular, 'h264'), slow: playFile(slow, 'h264') });
  if (addressOf === undefined) return;
  const [odd, late] = await Promise.all([
    watchSource(addressOf('irregular'), { frames: 12, timeoutMs: 12_000 }),
    watchSource(addressOf('slow'), { frames: 3, timeoutMs: 12_000 }),
  ]);
  t.same(
    odd.frames.map(({ number }) => number),
    [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121],
  );
  t.same(
    late.frames.map(({ number }) => number),
    [0, 1, 2],
  );
  t.equal(odd.error ?? late.error, undefined);
});

const long = atScale({ few: false, tenth: true, full: true });

t.test('one frame in 10 s', { timeout: 90_000, skip: !long && 'takes a minute' }, async (t) => {
  const path = join(t.testdir(), 'slow.mp4');
  await writeEncodedClip(path, { frames: 8, fps: 1 / 10, encoder: [...h264, '-g', '1'] });
  const addressOf = await serve(t, { slow: playFile(path, 'h264') });
  if (addressOf === undefined) return;
  const { frames, error } = await watchSource(addressOf('slow'), { frames: 5, timeoutMs: 60_000 });
  t.equal(error, undefined);
  t.same(
    frames.map(({ number }) => number),
    [0, 1, 2, 3, 4],
  );
});

t.test(
  'a first key frame after 8 s',
  { timeout: 90_000, skip: !long && 'takes half a minute' },
  async (t) => {
    const path = join(t.testdir(), 'late.h264');
    const delimited = ['-x264-params', 'aud=1:slices=1:sliced-threads=0'];
    const encoder = [...h264, ...delimited, '-g', '250', '-sc_threshold', '0'];
    await writeEncodedClip(path, { frames: 400, fps, encoder });
    const stream = asH264Stream(readFileSync(path));
    // As whoever connects sees it that comes 2 s after a key frame.
    const server = serveRtsp({
      kind: 'rtsp',
      stream: { ...stream, pictures: stream.pictures.slice(50) },
      intervalMs: 1000 / fps,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.close());
    const source = `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/late`;
    const begun = performance.now();
    const { frames, error } = await watchSource(source, { frames: 20, timeoutMs: 20_000 });
    t.equal(error, undefined);
    t.equal(frames[0]?.number, 250, 'it begins with the key frame');
    t.ok((frames[0]?.readMs ?? 0) - begun > 7000, `after ${(frames[0]?.readMs ?? 0) - begun} ms`);
  },
);

t.test('a slow camera behind a server that keeps its newest pictures', { timeout: 30_000 }, async (t) => {
  const stream = flatStream({ width: 320, height: 240, pictures: 1 });
  // They come within a millisecond, which is not the camera's pace.
  const { source } = await startCamera(t, { kind: 'rtsp', stream, intervalMs: 4500, kept: 3 });
  const { frames, error } = await watchSource(source, { frames: 5, timeoutMs: 20_000 });
  t.equal(error, undefined);
  t.equal(frames.length, 5);
});
