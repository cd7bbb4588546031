import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import type { Frame } from '../../src/camera/frame-source.js';
import { openSession, type Session } from '../../src/engine/session.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import type { Instance } from '../../src/pose/instance.js';
import { unpackInstances } from '../../src/pose/packed-instances.js';
import { type OpencvPicture, opencvClip } from '../support/opencv-clip.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

interface GoldenPerson {
  /** x, y normalized by the picture's size; z, visibility, presence. */
  landmarks: [number, number, number, number, number][] | null;
  roi_from_detection?: { width: number } | null;
  roi_from_landmarks?: { width: number } | null;
  lsb_noise?: { xy_pct_of_roi: number[] | null };
}

const complexities = ['lite', 'full', 'heavy'];
const stateDir = mkdtempSync(join(tmpdir(), 'blazepose-golden-'));
t.teardown(() => rmSync(stateDir, { recursive: true }));
const visible = 0.5;

async function open(
  complexity: string,
  options: { staticImage: boolean; smooth: boolean },
): Promise<Session> {
  const { files } = await resolveInstalled(`blazepose-${complexity}`, { stateDir });
  return openSession('openvino', {
    family: 'blazepose',
    model: files.landmarks as string,
    detector: files.detector as string,
    device: 'CPU',
    precision: 'f32',
    mode: 'latency',
    threads: 0,
    requests: 0,
    cacheDir: '',
    maxPeople: 1,
    ...options,
  });
}

async function infer(
  session: Session,
  picture: OpencvPicture,
  timeMs: number,
): Promise<Instance | undefined> {
  return unpackInstances(await session.infer({ ...picture, camera: 0, timeMs }))[0];
}

/** How many visible landmarks lie within the golden data's suggested tolerance. */
class Agreement {
  within = 0;
  compared = 0;

  add(
    person: Instance | undefined,
    golden: GoldenPerson,
    size: { width: number; height: number },
    roiWidth: number,
  ): void {
    golden.landmarks?.forEach(([x, y, , visibility], index) => {
      if (visibility < visible) return;
      this.compared++;
      const noise = golden.lsb_noise?.xy_pct_of_roi?.[index] ?? 0;
      const tolerance = (Math.max(1, 3 * noise) / 100) * roiWidth;
      const found = person?.keypoints[index];
      if (found && Math.hypot(found.x - x * size.width, found.y - y * size.height) <= tolerance)
        this.within++;
    });
  }

  get share(): number {
    return this.within / this.compared;
  }
}

t.test(
  'still pictures: every complexity lies within the tolerance of MediaPipe',
  { skip: withoutSharedData },
  async (t) => {
    const shared = sharedData();
    const folder = join(shared, 'golden/blazepose');
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    t.equal(names.length, 14);
    for (const [complexity, label] of complexities.entries()) {
      const session = await open(label, { staticImage: true, smooth: false });
      const agreement = new Agreement();
      for (const name of names) {
        const golden = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
          image: string;
          complexity: Record<string, GoldenPerson>;
        };
        const person = golden.complexity[String(complexity)] as GoldenPerson;
        const source = createFrameSource({ kind: 'path', path: join(shared, 'golden/images', golden.image) });
        await source.open();
        const frame = (await source.read()) as Frame;
        await source.close();
        const { width, height } = frame;
        const found = await infer(session, { pixels: frame.pixels(), width, height }, 0);
        frame.release();
        agreement.add(found, person, frame, (person.roi_from_detection?.width ?? 0) * width);
      }
      await session.close();
      t.ok(agreement.compared > 250, `${label}: ${agreement.compared} visible landmarks`);
      t.ok(agreement.share >= 0.97, `${label}: ${(100 * agreement.share).toFixed(2)} % within the tolerance`);
    }
  },
);

t.test('tracking: the clip, unsmoothed and smoothed', { skip: withoutSharedData }, async (t) => {
  const shared = sharedData();
  for (const smooth of [false, true]) {
    const file = `golden/blazepose/clip_one-by-one_frames200-400_smooth${Number(smooth)}.jsonl`;
    const lines = readFileSync(join(shared, file), 'utf8').trim().split('\n');
    const session = await open('full', { staticImage: false, smooth });
    const path = join(shared, 'media/one-by-one-person-detection.mp4');
    const pictures = opencvClip(path);
    for (let skipped = 0; skipped < 200; skipped++) pictures.next();
    const agreement = new Agreement();
    let presenceAgrees = 0;
    let roiWidth = 0;
    for (const line of lines) {
      const golden = JSON.parse(line) as GoldenPerson & { timestamp_us: number };
      const picture = pictures.next().value as OpencvPicture;
      const found = await infer(session, picture, golden.timestamp_us / 1000);
      // The region that this frame was looked at in: a fresh detection's, else the last frame's landmarks'.
      if (golden.roi_from_detection) roiWidth = golden.roi_from_detection.width;
      agreement.add(found, golden, picture, roiWidth * picture.width);
      if (golden.roi_from_landmarks) roiWidth = golden.roi_from_landmarks.width;
      if ((found === undefined) === (golden.landmarks === null)) presenceAgrees++;
    }
    pictures.return(undefined);
    await session.close();
    const label = smooth ? 'smoothed' : 'unsmoothed';
    t.ok(agreement.compared > 3000, `${label}: ${agreement.compared} visible landmarks`);
    t.ok(agreement.share >= 0.97, `${label}: ${(100 * agreement.share).toFixed(2)} % within the tolerance`);
    t.ok(
      presenceAgrees >= lines.length - 16,
      `${label}: ${presenceAgrees} of ${lines.length} frames agree on presence`,
    );
  }
});
