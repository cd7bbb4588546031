import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createReconnectingSource } from '../../src/camera/create-frame-source.js';
import type { Frame, FrameSource } from '../../src/camera/frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import {
  type CameraStatus,
  type ReconnectingOptions,
  ReconnectingSource,
} from '../../src/camera/reconnecting-source.js';
import { AgentError } from '../../src/errors.js';
import { MjpegServer } from '../support/mjpeg-server.js';

class FakeFrame implements Frame {
  readonly capturedAt = 1;
  readonly width = 1;
  readonly height = 1;
  released = false;

  constructor(
    readonly seq: number,
    readonly capturedMonotonic = 2,
  ) {}

  pixels(): Uint8Array {
    return new Uint8Array([1, 2, 3]);
  }

  release(): void {
    this.released = true;
  }
}

type Step = 'frame' | 'fail' | 'end' | 'hang';

/** Plays one script of steps; then hangs. */
class ScriptedSource implements FrameSource {
  readonly description = 'scripted';
  readonly finite = false;
  readonly format = null;
  closed = 0;
  capturedMonotonic = 2;
  readonly frames: FakeFrame[] = [];
  release: (() => void) | undefined;

  constructor(
    readonly steps: Step[],
    readonly opens = true,
  ) {}

  async open(): Promise<void> {
    if (!this.opens) throw new AgentError('CAMERA_OPEN_FAILED', 'scripted cannot be opened: unplugged');
  }

  read(): Promise<Frame | null> {
    const step = this.steps.shift() ?? 'hang';
    if (step === 'fail') return Promise.reject(new AgentError('CAMERA_READ_FAILED', 'scripted stopped'));
    if (step === 'end') return Promise.resolve(null);
    const frame = new FakeFrame(this.frames.length, this.capturedMonotonic);
    this.frames.push(frame);
    if (step === 'frame') return Promise.resolve(frame);
    return new Promise((resolve) => {
      this.release = () => resolve(frame);
    });
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

function reconnecting(sources: FrameSource[], options: Partial<ReconnectingOptions> = {}) {
  const left = [...sources];
  const statuses: CameraStatus[] = [];
  const source = new ReconnectingSource({
    create: () => left.shift() ?? new ScriptedSource([]),
    description: 'scripted',
    finite: false,
    onStatus: (status) => statuses.push(status),
    minDelayMs: 1,
    maxDelayMs: 4,
    ...options,
  });
  return { source, statuses, states: () => statuses.map(({ state }) => state) };
}

t.test('seq goes on over failures, and the states tell the story', async (t) => {
  const scripts = [
    new ScriptedSource([], false),
    new ScriptedSource(['frame', 'frame', 'fail']),
    new ScriptedSource([], false),
    new ScriptedSource([], false),
    new ScriptedSource(['frame', 'fail']),
    new ScriptedSource(['frame']),
  ];
  const { source, statuses, states } = reconnecting(scripts, { firstSeq: 100 });
  await source.open();
  const seqs: number[] = [];
  for (let i = 0; i < 4; i++) {
    const frame = (await source.read()) as Frame;
    seqs.push(frame.seq);
    t.match(frame, { width: 1, height: 1, capturedAt: 1, capturedMonotonic: 2 });
    t.strictSame([...frame.pixels()], [1, 2, 3]);
    frame.release();
  }
  t.strictSame(seqs, [100, 101, 102, 103]);
  t.strictSame(states(), [
    'connecting',
    'offline',
    'online',
    'offline',
    'offline',
    'online',
    'offline',
    'online',
  ]);
  t.match(statuses[1], { reason: /unplugged/, error: { code: 'CAMERA_OPEN_FAILED' } });
  t.equal(source.reopenings, 5);
  t.ok(scripts.slice(0, 5).every((script) => script.closed === 1));
  t.ok(scripts.flatMap((script) => script.frames).every((frame) => frame.released));
  await source.close();
  t.equal(scripts[5]?.closed, 1);
});

t.test('pauses double up to the longest, and a frame resets them', async (t) => {
  const failing = Array.from({ length: 5 }, () => new ScriptedSource([], false));
  const { source } = reconnecting(
    [...failing, new ScriptedSource(['frame', 'fail']), new ScriptedSource(['frame'])],
    {
      minDelayMs: 20,
      maxDelayMs: 80,
    },
  );
  let begun = performance.now();
  await source.read();
  const first = performance.now() - begun;
  // 20 + 40 + 80 + 80 + 80, each shortened by up to a fifth.
  t.ok(first >= 235 && first < 500, `${first.toFixed(0)} ms`);
  begun = performance.now();
  await source.read();
  t.ok(performance.now() - begun < 60, 'one short pause');
  await source.close();
});

t.test('a source that throws while it is made counts like one that does not open', async (t) => {
  let attempts = 0;
  const { source, statuses } = reconnecting([], {
    create: () => {
      if (++attempts < 3) throw new Error('cannot open rtsp://bob:canary@h/s');
      return new ScriptedSource(['frame']);
    },
  });
  t.equal((await source.read())?.seq, 0);
  t.match(statuses[0], {
    state: 'offline',
    reason: /rtsp:\/\/\*\*\*@h\/s/,
    error: { code: 'CAMERA_READ_FAILED' },
  });
  await source.close();
});

t.test('the end of a finite source is its end', async (t) => {
  const { source } = reconnecting([new ScriptedSource(['frame', 'end'])], { finite: true });
  t.ok(source.finite);
  (await source.read())?.release();
  t.equal(await source.read(), null);
});

t.test('frames that are far apart are told as a gap, and their camera stays online', async (t) => {
  const script = new ScriptedSource(['frame', 'frame', 'frame', 'frame']);
  const { source, states } = reconnecting([script]);
  const gaps: number[] = [];
  for (const seconds of [0, 4, 14, 14.04]) {
    script.capturedMonotonic = seconds * 1000;
    (await source.read())?.release();
    gaps.push(source.gaps);
  }
  t.strictSame(gaps, [0, 0, 1, 1]);
  t.strictSame(states(), ['online']);
  await source.close();
});

t.test('close does not wait for a read that hangs', async (t) => {
  const script = new ScriptedSource(['frame', 'hang']);
  const { source } = reconnecting([script]);
  (await source.read())?.release();
  const hanging = source.read();
  const begun = performance.now();
  await source.close();
  t.equal(await hanging, null);
  t.ok(performance.now() - begun < 50);
  script.release?.();
  await sleep(1);
  t.ok(script.frames[1]?.released, 'a frame that comes after close is freed');
  t.equal(await source.read(), null);
});

t.test('close ends a pause at once', async (t) => {
  const { source } = reconnecting([new ScriptedSource([], false)], {
    minDelayMs: 60_000,
    maxDelayMs: 60_000,
  });
  const reading = source.read();
  await sleep(10);
  const begun = performance.now();
  await source.close();
  t.equal(await reading, null);
  t.ok(performance.now() - begun < 50);
});

t.test('no frame is kept by the source that gave it', async (t) => {
  const script = new ScriptedSource([]);
  const refs: WeakRef<Frame>[] = [];
  script.read = async () => {
    const frame = new FakeFrame(refs.length);
    refs.push(new WeakRef(frame));
    return frame;
  };
  const { source } = reconnecting([script]);
  for (let i = 0; i < 200; i++) (await source.read())?.release();
  const collect = (globalThis as { gc?: () => void }).gc ?? (await forceGc());
  await sleep(5);
  collect();
  await sleep(5);
  collect();
  const alive = refs.filter((ref) => ref.deref() !== undefined).length;
  t.ok(alive < 20, `${alive} of 200 frames are still held`);
  await source.close();
});

async function forceGc(): Promise<() => void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

t.test('a camera that dies is offline within 5 s and online when it is back; seq goes on', async (t) => {
  let server = await new MjpegServer().start();
  const { port } = server;
  const statuses: CameraStatus[] = [];
  const source = createReconnectingSource(
    parseSource(`http://127.0.0.1:${port}/stream`),
    {},
    { onStatus: (status) => statuses.push(status) },
  );
  const seqs: number[] = [];
  const reading = (async () => {
    await source.open();
    for (let frame = await source.read(); frame !== null; frame = await source.read()) {
      seqs.push(frame.seq);
      frame.release();
    }
  })();
  const until = async (what: () => boolean, ms: number): Promise<number> => {
    const begun = performance.now();
    while (!what()) {
      if (performance.now() - begun > ms) throw new Error(`not within ${ms} ms: ${JSON.stringify(statuses)}`);
      await sleep(5);
    }
    return performance.now() - begun;
  };
  const state = (): string | undefined => statuses.at(-1)?.state;
  t.teardown(() => source.close());
  await until(() => seqs.length >= 5, 3000);
  t.equal(state(), 'online');

  await server.stop();
  await until(() => state() === 'offline', 1000);
  const before = seqs.length;
  server = await new MjpegServer({ port }).start();
  await until(() => seqs.length >= before + 5, 5000);
  t.equal(state(), 'online');

  server.stalled = true;
  const detected = await until(() => state() === 'offline', 5500);
  t.ok(detected <= 4500, `offline after ${detected.toFixed(0)} ms of silence`);
  server.stalled = false;
  await until(() => state() === 'online', 5000);

  await source.close();
  await reading;
  await server.stop();
  t.ok(
    seqs.every((seq, i) => i === 0 || seq > (seqs[i - 1] as number)),
    'seq never goes back',
  );
});
