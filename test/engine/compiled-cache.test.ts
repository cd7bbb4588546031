import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { sessionSpec } from '../../src/agent/session-spec.js';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { loadConfig } from '../../src/config/load-config.js';
import { type OpenSessionOptions, openSession } from '../../src/engine/session.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { unpackInstances } from '../../src/pose/packed-instances.js';
import { reached } from '../support/fault-figure.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

const fault = 'damaged_files';
// Models are compiled again and again.
t.setTimeout(300_000);
const stateDir = mkdtempSync(join(tmpdir(), 'compiled-'));
t.teardown(() => rmSync(stateDir, { recursive: true }));
const cacheDir = join(stateDir, 'cache');

interface Picture {
  pixels: Uint8Array;
  width: number;
  height: number;
}

/** Pictures of the sample clip, far enough from each other that people have moved. */
async function samplePictures(count: number): Promise<Picture[]> {
  const source = createFrameSource(parseSource('sample:'), { pace: 'max' });
  await source.open();
  const pictures: Picture[] = [];
  for (let frame = await source.read(); frame && pictures.length < count; frame = await source.read()) {
    if (frame.seq % 30 === 15) {
      pictures.push({ pixels: frame.pixels(), width: frame.width, height: frame.height });
    }
    frame.release();
  }
  await source.close();
  return pictures;
}

async function specOf(name: string): Promise<OpenSessionOptions> {
  const { config } = loadConfig({ environment: { EDGE_POSE_STATE_DIR: stateDir } });
  return sessionSpec(config, await resolveInstalled(name, { stateDir }));
}

const pictures = await samplePictures(4);

interface Poses {
  people: number;
  /** Of all that was packed but the timings, which come first. */
  hash: string;
}

async function poses(spec: OpenSessionOptions): Promise<Poses> {
  const session = await openSession('openvino', spec);
  const hash = createHash('sha256');
  let people = 0;
  for (const [i, { pixels, width, height }] of pictures.entries()) {
    // A camera each: nothing is carried on from picture to picture.
    const packed = await session.infer({ pixels, width, height, camera: i, timeMs: 0 });
    people += unpackInstances(packed).length;
    const { buffer, byteOffset, byteLength } = packed.subarray(6);
    hash.update(Buffer.from(buffer, byteOffset, byteLength));
  }
  await session.close();
  return { people, hash: hash.digest('hex') };
}

/** Everything below the cache's folder that is a file; whatever is added to it is damaged too. */
function kept(): string[] {
  if (!existsSync(cacheDir)) return [];
  return readdirSync(cacheDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function change(path: string, edit: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  edit(bytes);
  writeFileSync(path, bytes);
}

function zero(path: string, from: (bytes: number) => number, length: number): void {
  change(path, (bytes) => {
    const begin = from(bytes.length);
    bytes.subarray(begin, begin + length).fill(0);
  });
}

/** What a disk, a power cut or a careless hand leaves of a file. */
const damages: Readonly<Record<string, (path: string) => void>> = {
  'zeros at the start': (path) => zero(path, () => 0, 32 * 1024),
  'zeros near the start': (path) => zero(path, () => 4096, 32 * 1024),
  'zeros in the middle': (path) => zero(path, (bytes) => bytes >> 1, 256 * 1024),
  'a flipped bit': (path) =>
    change(path, (bytes) => {
      const at = Math.floor(bytes.length * 0.7);
      bytes[at] = (bytes[at] as number) ^ 0x40;
    }),
  'cut off': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  emptied: (path) => truncateSync(path, 0),
  'another file of it': (path) => {
    const other = kept().find((one) => one !== path && statSync(one).size > 1024);
    if (other !== undefined) copyFileSync(other, path);
  },
  'a link to nothing': (path) => {
    rmSync(path);
    symlinkSync('/nowhere', path);
  },
};

function samePoses(
  model: string,
  kinds: readonly string[],
  resolve: () => Promise<OpenSessionOptions>,
  options: { skip?: string | false } = {},
): void {
  t.test(`${model}: a damaged cache changes no pose`, options, async (t) => {
    rmSync(cacheDir, { recursive: true, force: true });
    const spec = await resolve();
    const expected = await poses({ ...spec, cacheDir: '' });
    t.ok(expected.people >= pictures.length / 2, 'there are people to be found');
    t.same(await poses(spec), expected, 'what is compiled for the cache');
    t.same(await poses(spec), expected, 'what comes from the cache');
    t.ok(kept().length > 0, 'something is kept');
    let same = 0;
    for (const what of kinds) {
      const before = kept();
      for (const path of before) {
        chmodSync(path, 0o600);
        damages[what]?.(path);
      }
      if (t.same(await poses(spec), expected, `every file of it: ${what}`)) same++;
      t.ok(kept().length >= before.length, `made anew after ${what}`);
    }
    t.same(await poses(spec), expected, 'from the cache again');
    const what = `${model}: kinds of damage to its cache that change no pose`;
    reached(t, { fault, what, value: same, exactly: kinds.length });
  });
}

samePoses('blazepose-lite', Object.keys(damages), () => specOf('blazepose-lite'));
const zeros = Object.keys(damages).filter((what) => what.startsWith('zeros'));
samePoses(
  'human-pose-estimation-0001',
  zeros,
  async () => {
    const shared = sharedData();
    return specOf(join(shared, 'models/human-pose-estimation-0001/FP16-INT8/human-pose-estimation-0001.xml'));
  },
  { skip: withoutSharedData },
);
