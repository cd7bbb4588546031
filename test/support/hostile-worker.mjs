/**
 * Preloaded into a worker: it is in other hands. Its address says what each worker in turn sends when its model is open, as
 * `kinds=a,b,c`, and in which file they count themselves. Then comes a pose, as if nothing had been.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { serialize } from 'node:v8';

const info = {
  engine: 'openvino',
  engineVersion: '1',
  deviceName: 'hostile',
  precision: 'f32',
  capacity: 1,
  inputWidth: 1,
  inputHeight: 1,
};
const now = () => Number(process.hrtime.bigint()) / 1e6;
const pose = (changes = {}) => ({
  type: 'pose',
  camera: 0,
  seq: 4242,
  ts: Date.now(),
  width: 4,
  height: 4,
  packed: Float32Array.of(0, 0, 0, 0, Number.NaN, Number.NaN, 0, 33),
  capturedMs: now(),
  takenMs: now(),
  submittedMs: now(),
  sentMs: now(),
  ...changes,
});
const camera = (changes) => ({
  type: 'camera',
  camera: 0,
  state: 'offline',
  reason: null,
  code: null,
  ...changes,
});
const beat = (cameras) => ({ type: 'beat', cameras, rssBytes: 1, loopP99Ms: 1 });

function framed(message) {
  const body = serialize(message);
  const header = Buffer.alloc(4);
  header.writeUInt32LE(body.length);
  return Buffer.concat([header, body]);
}

const kinds = {
  null: () => framed(null),
  beat: () => framed(beat(null)),
  forEach: () => framed(beat(Object.assign([], { forEach: 5 }))),
  pose: () => framed({ type: 'pose', camera: 0, seq: 1 }),
  floats: () => framed(pose({ packed: Float32Array.of(0, 0, 0, 0, 0, 0, 1e9, 33) })),
  reason: () => framed(camera({ reason: {} })),
  code: () => framed(camera({ state: 'failed', code: 'constructor' })),
  end: () => framed(camera({ state: 'ended' })),
  finished: () => framed({ type: 'finished' }),
  handle: () => framed({ cmd: 'NODE_HANDLE', type: 'net.Nothing' }),
  garbage: () => Buffer.from([8, 0, 0, 0, 255, 15, 111, 34, 255, 255, 255, 255]),
  endless: () => Buffer.alloc(65536, 255),
  flood: () => framed(camera({ reason: 'as it may be' })),
};

if (process.argv[1]?.includes('worker/main.')) {
  const query = new URL(import.meta.url).searchParams;
  const counter = query.get('counter');
  const turn = Number(readFileSync(counter, 'utf8'));
  writeFileSync(counter, String(turn + 1));
  const kind = query.get('kinds').split(',')[turn];
  const agent = new Socket({ fd: 3, readable: true, writable: true });
  agent.on('error', () => {});
  agent.on('close', () => process.exit(1));
  agent.once('data', () => {
    if (kind === undefined) return;
    agent.write(Buffer.concat([framed({ type: 'ready', info, openMs: 1 }), kinds[kind](), framed(pose())]));
    if (kind === 'flood') {
      const many = Buffer.concat(
        Array.from({ length: 1000 }, (_, n) => framed(camera({ reason: `reason ${n}` }))),
      );
      const more = (error) => (error ? process.exit(1) : agent.write(many, more));
      more();
    }
  });
  await new Promise(() => {});
}
