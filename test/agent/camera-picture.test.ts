import t from 'tap';
import { bgrMat } from '../../src/camera/mat-frame.js';
import { loadOpencv, type Mat, nativeCall } from '../../src/camera/opencv.js';
import { posePayload } from '../../src/mqtt/payloads.js';
import { AgentProcess } from '../support/agent-process.js';
import { deliver } from '../support/camera-view.js';
import { CommandClient } from '../support/command-client.js';
import { encodedAsJpeg, MjpegServer } from '../support/mjpeg-server.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { sampleFrame } from '../support/sample-frame.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const poseTopic = `${base}/cam/cam0/pose`;
const limitMs = 30_000;
const fps = 10;
t.setTimeout(180_000);

/** Two people, one in each half. */
const frame = await sampleFrame(340);
const { width, height } = frame;

async function jpegOf(picture: { pixels: Uint8Array; width: number; height: number }): Promise<Buffer> {
  const mat = bgrMat(picture.pixels, picture.width, picture.height);
  return encodedAsJpeg(mat).finally(() => mat.release());
}

const rectangle = (left: number, right: number) => [
  [left, 0],
  [right, 0],
  [right, 1],
  [left, 1],
];

t.test('what is done with a picture changes while its camera runs', async (t) => {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return;
  const upright = await jpegOf(frame);
  const onItsHead = await jpegOf(deliver(frame, { rotate: 180, flip: 'none' }));
  const server = await new MjpegServer({ fps }).start();
  let body = upright;
  server.next = () => ({ body });
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const client = await CommandClient.connect(mosquitto.url, base);
  const camera = { id: 'cam0', source: server.url };
  const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], {
    model: { id: 'blazepose-lite', max_people: 4, detector_interval: 1 },
    cameras: [camera],
    camera_hosts: [{ host: `127.0.0.1:${server.port}`, allow_remote: true }],
    control: { allow_snapshot: true, probation_s: 1 },
  });
  t.teardown(async () => {
    await client.close();
    await observer.close();
    await agent.remove();
    await server.stop();
    await mosquitto.stop();
  });
  const poses = (from = 0) =>
    observer
      .of(poseTopic)
      .slice(from)
      .map(({ text }) => posePayload.parse(JSON.parse(text)));
  /** Middles of the boxes of people, from left to right. */
  const places = ({ people }: ReturnType<typeof poses>[number]): number[] =>
    people.map(({ box: [x, , w] }) => x + w / 2).sort((a, b) => a - b);
  let version = 0;
  /** Sends a document and waits for the poses to be as they have to be then. */
  const desire = async (
    what: string,
    picture: object,
    isSo: (middles: number[]) => boolean,
  ): Promise<void> => {
    const document = {
      version: ++version,
      id: `doc-${version}`,
      config: { cameras: [{ ...camera, ...picture }] },
    };
    const before = observer.of(poseTopic).length;
    await observer.publish(`${base}/config/desired`, JSON.stringify(document), { retain: true });
    const report = () => observer.last(`${base}/config/reported`);
    const isDone = (): boolean => report()?.version === version && report()?.status === 'applied';
    await waitFor(`${what}: applied`, isDone, limitMs);
    await waitFor(
      `${what}: poses`,
      () => {
        const last = poses(before).slice(-3).map(places);
        return last.length === 3 && last.every(isSo);
      },
      limitMs,
    );
    for (const pose of poses(before))
      t.same(pose.frame, [width, height], "the frame's size is the camera's own");
  };
  const left = (x: number | undefined): boolean => x !== undefined && x < width / 2;
  const right = (x: number | undefined): boolean => x !== undefined && x > width / 2;
  const both = (middles: number[]): boolean => left(middles[0]) && right(middles.at(-1));

  // Cameras of a document are others than those of the file: this one takes a new worker.
  await desire('as it is', {}, both);
  const workers = agent.children();
  const begin = poses().length;

  await desire(
    'the left half is black',
    { masks: [rectangle(0, 0.5)] },
    (all) => all.length > 0 && all.every(right),
  );
  const answer = await client.ask('snapshot', { camera: 'cam0', overlay: true });
  t.match(answer, { status: 'ok' });
  const snapshot = await decoded(String(answer.data.jpeg));
  t.same([snapshot.width, snapshot.height], [width, height]);
  t.ok(snapshot.brightest(0, 0.48) < 30, `black under the mask: ${snapshot.brightest(0, 0.48)}`);
  t.ok(snapshot.brightest(0.52, 1) > 100, 'and nowhere else');

  await desire('a roi of the right half', { roi: { x: 0.5, y: 0, width: 0.5, height: 1 } }, (all) => {
    return all.length > 0 && all.every(right);
  });
  await desire('as it is again', {}, both);
  body = onItsHead;
  await desire('on its head', { rotate: 180 }, both);
  const turned = poses().at(-1);
  t.ok(
    turned?.people.every(({ keypoints }) => {
      const [nose, ankle] = [keypoints[0], keypoints[27] ?? keypoints[25]];
      return nose == null || ankle == null || nose[1] > ankle[1];
    }),
    "in the camera's own frame people stand on their heads",
  );
  await desire('everything is black', { rotate: 180, masks: [rectangle(0, 1)] }, (all) => all.length === 0);

  t.same(agent.children(), workers, 'all of it by the same worker');
  t.equal(
    observer.messages.some(({ topic, text }) => topic.endsWith('/status') && text.includes('restarted')),
    false,
  );
  const before = poses().length;
  process.kill(workers[0] as number, 'SIGKILL');
  await waitFor('another worker', () => agent.children().some((pid) => !workers.includes(pid)), limitMs);
  await waitFor('poses of it', () => poses(before).length > 10, limitMs);
  t.ok(
    poses(before).every(({ people }) => people.length === 0),
    'the next worker knows of the changes, too',
  );
  const seqs = poses(begin).map(({ seq }) => seq);
  t.same(
    seqs,
    seqs.toSorted((a, b) => a - b),
    'numbering goes on',
  );
});

interface Decoded {
  width: number;
  height: number;
  /** Of any channel, between two parts of the width. */
  brightest(left: number, right: number): number;
}

async function decoded(jpeg: string): Promise<Decoded> {
  const cv = loadOpencv();
  const bytes = Buffer.from(jpeg, 'base64');
  const mat = await nativeCall<Mat>((done) => cv.imdecodeAsync(bytes, cv.IMREAD_COLOR, done));
  const { rows, cols } = mat;
  const pixels = mat.getData();
  mat.release();
  return {
    width: cols,
    height: rows,
    brightest: (from, to) => {
      let most = 0;
      for (let y = 0; y < rows; y++) {
        for (let x = Math.ceil(from * cols); x < Math.floor(to * cols); x++) {
          for (let c = 0; c < 3; c++) most = Math.max(most, pixels[3 * (y * cols + x) + c] as number);
        }
      }
      return most;
    },
  };
}
