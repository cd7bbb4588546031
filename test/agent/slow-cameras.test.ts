import t from 'tap';
import { AgentProcess } from '../support/agent-process.js';
import { atScale } from '../support/fault-figure.js';
import { MjpegServer } from '../support/mjpeg-server.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { SnapshotServer } from '../support/snapshot-server.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
/** Longer than 4 s, the least that a silent camera is waited for. */
const intervalS = atScale({ few: 4.6, tenth: 10, full: 10 });
const pictures = atScale({ few: 3, tenth: 4, full: 12 });
t.setTimeout((60 + intervalS * (pictures + 2)) * 1000);

interface CameraStats {
  readonly stalls_last_hour: number;
  readonly reconnects_last_hour: number;
  readonly frame_age_ms: number | null;
  readonly frames: { readonly captured: number; readonly processed: number };
  readonly drops: Record<string, number>;
}

t.test('a camera of one picture in seconds is online, and stays it', async (t) => {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return;
  const stream = await new MjpegServer({ fps: 1 / intervalS }).start();
  const bare = await new MjpegServer({ fps: 1 / intervalS, contentLength: false }).start();
  const slow = await new SnapshotServer().start();
  slow.delayMs = intervalS * 1000;
  const seldom = await new SnapshotServer().start();
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], {
    model: { id: 'blazepose-lite', threads: 1 },
    cameras: [
      { id: 'stream', source: stream.url },
      { id: 'bare', source: bare.url },
      { id: 'slow', source: slow.url },
      { id: 'seldom', source: seldom.url, fps: Math.max(0.1, 1 / intervalS) },
      // Away, though by its pace it would not be.
      { id: 'strict', source: stream.url, timeout_s: intervalS / 2 },
    ],
    stats: { interval_s: 1 },
  });
  t.teardown(async () => {
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
    await Promise.all([stream, bare, slow, seldom].map((server) => server.stop()));
  });
  const poses = (id: string) => observer.of(`${base}/cam/${id}/pose`);
  const ids = ['stream', 'bare', 'slow', 'seldom'];
  const enough = () => ids.every((id) => poses(id).length >= pictures);
  await waitFor('poses of every slow camera', enough, (40 + intervalS * (pictures + 2)) * 1000);
  const told = () =>
    (observer.last(`${base}/stats`) as unknown as { cameras: Record<string, CameraStats> }).cameras;
  const isTold = (id: string) => (told()[id] as CameraStats).frames.processed >= pictures;
  await waitFor('figures with all of it', () => ids.every(isTold), 10_000);
  const cameras = told();
  for (const id of ids) {
    const statuses = observer
      .of(`${base}/cam/${id}/status`)
      .map(({ text }) => JSON.parse(text).status as string);
    const since = statuses.indexOf('online');
    t.same(statuses.slice(since), ['online'], `${id} was online from its first picture on`);
    const stats = cameras[id] as CameraStats;
    t.match(stats, { stalls_last_hour: 0, reconnects_last_hour: 0, drops: { capture: 0, slot: 0 } }, id);
    // What has no length is complete when the next picture begins.
    const oldestS = (id === 'bare' ? 2 : 1) * intervalS + 2;
    t.ok((stats.frame_age_ms ?? 0) < oldestS * 1000, `${id}: ${stats.frame_age_ms} ms old`);
    const seqs = poses(id).map(({ text }) => (JSON.parse(text) as { seq: number }).seq);
    t.same(
      seqs,
      seqs.map((_, i) => i),
      `${id}: each picture once`,
    );
  }
  t.equal(slow.mostAtOnce, 1);
  t.ok((cameras.strict as CameraStats).reconnects_last_hour > 0, 'timeout_s is obeyed');
});
