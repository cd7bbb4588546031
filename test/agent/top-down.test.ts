import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { addModel } from '../../src/agent/add-model.js';
import { loadConfig } from '../../src/config/load-config.js';
import { type PosePayload, posePayload, type StatsPayload } from '../../src/mqtt/payloads.js';
import { AgentProcess } from '../support/agent-process.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { emptyTensor } from '../support/own-model.js';
import { writeReplayModel } from '../support/replay-model.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const keypoints = ['left_shoulder', 'right_shoulder', 'left_elbow', 'thumb'];

/** A detector that sees two people everywhere, and a network of heatmaps with one keypoint a corner. */
async function writeModels(folder: string): Promise<{ network: string; detector: string }> {
  mkdirSync(folder);
  const boxes = emptyTensor('detection_out', [1, 1, 3, 7]);
  boxes.data.fill(-1);
  boxes.data.set([0, 1, 0.9, 0.1, 0.1, 0.4, 0.9, 0, 1, 0.8, 0.6, 0.1, 0.9, 0.9]);
  const heatmaps = emptyTensor('heatmaps', [1, keypoints.length, 16, 12]);
  for (const [k, cell] of [14, 21, 170, 177].entries()) heatmaps.data[k * 192 + cell] = 0.8;
  const square = { batch: 1, width: 64, height: 64 };
  const crop = { batch: 1, width: 48, height: 64 };
  return {
    detector: await writeReplayModel({ folder, name: 'eyes', format: 'ir', input: square, outputs: [boxes] }),
    network: await writeReplayModel({
      folder,
      name: 'hall',
      format: 'onnx',
      input: crop,
      outputs: [heatmaps],
    }),
  };
}

t.test('a top-down model with keypoints of its own, from a file to MQTT', async (t) => {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return;
  const folder = mkdtempSync(join(tmpdir(), 'pose-agent-'));
  const { network, detector } = await writeModels(join(folder, 'models'));
  const configFile = join(folder, 'add.yaml');
  writeFileSync(configFile, JSON.stringify({ state_dir: join(folder, 'state') }));
  const manifestFile = join(folder, 'manifest.json');
  const resize = { color: 'rgb', mean: 0, scale: 255 };
  const manifest = {
    family: 'heatmap',
    skeleton: { name: 'upper4', keypoints, limbs: [['left_shoulder', 'left_elbow']] },
    inputs: {
      xml: { width: 48, height: 64, ...resize, resize: 'crop' },
      detector: { width: 64, height: 64, ...resize, resize: 'stretch' },
    },
    detector: { kind: 'ssd' },
  };
  writeFileSync(manifestFile, JSON.stringify(manifest));
  const { config } = loadConfig({ configFile });
  t.match(await addModel({ config, path: network, detector, manifest: manifestFile }), { installed: true });

  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const settings = { model: { id: 'hall', detector_interval: 3 }, stats: { interval_s: 1 } };
  const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], settings, { folder });
  t.teardown(async () => {
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
  });
  const poses = (): PosePayload[] =>
    observer.of(`${base}/cam/cam0/pose`).map(({ text }) => posePayload.parse(JSON.parse(text)));
  const stats = (): StatsPayload | undefined => observer.last(`${base}/stats`) as StatsPayload | undefined;
  await waitFor('poses', () => poses().length > 20, 30_000);
  await waitFor('figures', () => stats()?.cameras.cam0?.latency_ms.person !== undefined, 30_000);

  const [first, ...later] = poses();
  t.match(first, { model: 'hall', skeleton: 'upper4', people: { length: 2 } });
  const ids = first?.people.map(({ id }) => id);
  t.not(ids?.[0], ids?.[1]);
  for (const { people } of later) {
    t.same(
      people.map(({ id }) => id),
      ids,
      'people keep their ids between looks of the detector',
    );
    for (const person of people) t.equal(person.keypoints.length, keypoints.length);
  }
  const { detect, person, infer } = stats()?.cameras.cam0?.latency_ms ?? {};
  t.ok(detect && person && infer && detect.p50 > 0 && person.p50 > 0, 'detector and person have their times');
});
