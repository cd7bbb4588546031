import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import t, { type Test } from 'tap';
import { addModel } from '../../src/agent/add-model.js';
import { loadConfig } from '../../src/config/load-config.js';
import { chooseAuto } from '../../src/models/auto-choice.js';
import { loadCatalog } from '../../src/models/catalog.js';
import { findInstalledPackage } from '../../src/models/model-source.js';
import { ModelStore } from '../../src/models/store.js';
import { CommandClient } from '../support/command-client.js';
import { type BoxRun, DamageBox, filesRead } from '../support/damage-box.js';
import { atScale, reached } from '../support/fault-figure.js';
import { type FileDamage, fileDamages } from '../support/file-damage.js';
import { freePort } from '../support/free-port.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { requireStrace } from '../support/require-strace.js';
import { TestCertificates } from '../support/test-certificates.js';
import { waitFor } from '../support/wait-for.js';

const fault = 'damaged_files' as never;
const base = 'edgepose/v1/test-box';
/** From the third on BlazePose smooths the region of a person over time, and the clock has a part in the numbers. */
const frames = 2;
/** Of all pairs of a file and a damage, every so-manieth. */
const stride = atScale({ few: 47, tenth: 10, full: 1 });
const limitMs = 120_000;
const memoryMiB = 150;

/** The people of each frame that came, by its number. */
type Poses = Map<number, string>;

interface Bench {
  box: DamageBox;
  observer: MqttObserver;
  client: CommandClient;
}

async function setUp(t: Test): Promise<Bench | undefined> {
  const certificates = new TestCertificates();
  t.teardown(() => certificates.remove());
  const ca = certificates.authority('ca');
  const server = certificates.issue('server', { by: ca, subject: 'IP:127.0.0.1' });
  const device = certificates.issue('device', { by: ca, subject: 'DNS:test-box' });
  const tls = await freePort();
  const mosquitto = await Mosquitto.require(t, [
    ...[`listener ${tls} 127.0.0.1`, `cafile ${ca.cert}`, `certfile ${server.cert}`, `keyfile ${server.key}`],
    ...['require_certificate true', 'allow_anonymous true'],
  ]);
  if (!mosquitto) return undefined;
  t.teardown(() => mosquitto.stop());
  const box = DamageBox.make(
    (at) => ({
      device_id: 'test-box',
      state_dir: at('state'),
      model: { id: 'auto', smooth: false, mode: 'latency', requests: 1, threads: 1 },
      control: { probation_s: 10 },
      cameras: [{ id: 'cam0', source: 'sample:' }],
      mqtt: {
        url: `mqtts://127.0.0.1:${tls}`,
        username: 'box',
        password_file: at('etc/password'),
        ca_file: at('etc/ca.pem'),
        cert_file: at('etc/device.pem'),
        key_file: at('etc/device.key'),
      },
    }),
    {
      password: 'c4n4ry\n',
      'ca.pem': readFileSync(ca.cert),
      'device.pem': readFileSync(device.cert),
      'device.key': readFileSync(device.key),
    },
  );
  t.teardown(() => box.remove());
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  t.teardown(() => observer.close());
  const client = await CommandClient.connect(mosquitto.url, base);
  t.teardown(() => client.close());
  await installModels(box);
  return { box, observer, client };
}

/** What `models pull` would choose where there is no network, and a model of somebody's own. */
async function installModels(box: DamageBox): Promise<void> {
  const { config } = loadConfig({ configFile: box.at('etc/config.yaml'), environment: {} });
  const store = new ModelStore(config.state_dir);
  await chooseAuto(loadCatalog(), { store, isReadable: (path) => path.endsWith('.tflite') });
  mkdirSync(box.at('mine'));
  const network = join(findInstalledPackage('@mediapipe/pose') as string, 'pose_landmark_lite.tflite');
  copyFileSync(network, box.at('mine/mine.tflite'));
  await addModel({ config, path: box.at('mine/mine.tflite') });
  box.own();
}

/** The agent from its first start on: a remote document, another model, a restart. Returns every file that it read. */
async function live({ box, observer, client }: Bench): Promise<string[]> {
  const logs = ['first', 'second'].map((name) => box.at(`home/${name}.strace`)) as [string, string];
  let done = false;
  const running = box.run({ openLog: logs[0], until: () => done, limitMs: 180_000 });
  await observer.waitForState(`${base}/state`, 'online', 120_000);
  const document = { version: 3, id: 'three', config: { output: { skeleton: 'coco17' } } };
  // Retained: the agent may be online before it listens.
  const desire = (text: string) => observer.publish(`${base}/config/desired`, text, { retain: true });
  await desire(JSON.stringify(document));
  await waitFor('applied', () => observer.last(`${base}/config/reported`)?.status === 'applied', limitMs);
  const answer = await client.ask('models-activate', { name: 'mine' });
  if (answer.status !== 'ok') throw new Error(answer.message);
  // A document waits for the verdict on the model.
  await desire(JSON.stringify({ ...document, version: 4 }));
  await waitFor('the verdict', () => observer.last(`${base}/config/reported`)?.version === 4, limitMs);
  await desire('');
  done = true;
  const { stderr } = await running;
  if (!/the model is good/.test(stderr)) throw new Error(stderr);
  await box.run({ openLog: logs[1], args: ['--frames', '2'] });
  const code = ['pkg/dist', 'pkg/package.json', 'pkg/media', 'home'].map((name) => `${box.at(name)}`);
  const all = new Set(logs.flatMap((log) => filesRead(log, box.folder)));
  return [...all].filter((path) => !code.some((one) => path.startsWith(one))).sort();
}

/** Runs the agent for a few frames, every one of the clip's. */
async function poses({ box, observer }: Bench): Promise<{ run: BoxRun; poses: Poses }> {
  observer.messages.length = 0;
  const run = await box.run({ args: ['--frames', String(frames), '--pace', 'max'], limitMs });
  const all = observer.of(`${base}/cam/cam0/pose`).map(({ text }) => JSON.parse(text) as Pose);
  const first = /^First pose:\n(\{.*\})$/m.exec(run.stdout)?.[1];
  if (first !== undefined) all.push(JSON.parse(first) as Pose);
  return {
    run,
    poses: new Map(all.map((pose) => [pose.seq, JSON.stringify([pose.model, pose.skeleton, pose.people])])),
  };
}

interface Pose {
  seq: number;
  model: string;
  skeleton: string;
  people: unknown[];
}

/** What is wrong with how a damage was borne; undefined where it was refused, healed or harmless. */
function verdict(run: BoxRun, found: Poses, good: Poses, isLenient: boolean): string | undefined {
  if (run.hung) return 'it hung';
  const other = [...found].find(([seq, pose]) => good.get(seq) !== pose);
  if (other !== undefined && !isLenient) return `other poses in frame ${other[0]}: ${other[1].slice(0, 200)}`;
  if (run.code === 0 && found.size > 0) return undefined;
  const refused = /\(([A-Z]+_[A-Z_]+)\)\n|"code":"[A-Z]+_[A-Z_]+"/.test(run.stderr);
  if (refused && !/^\s+at .*\.js:\d+/m.test(run.stderr)) return undefined;
  return `no word of what is wrong, exit code ${run.code}`;
}

/** OpenVINO's own cache of compiled networks, which has no checksum. */
const knownBad = /\/state\/cache\/\d+\.blob$/;

/** What people write has no checksum: some damage to it only says something else. */
const written = /\/etc\//;

t.test('every file that the agent reads, damaged in every way', { timeout: 7_200_000 }, async (t) => {
  if (!requireStrace(t)) return;
  const bench = await setUp(t);
  if (!bench) return;
  const { box } = bench;
  const files = await live(bench);
  const names = files.map((path) => relative(box.folder, path));
  t.comment(names.join('\n'));
  for (const expected of [
    /^etc\/config\.yaml$/,
    /^etc\/device\.key$/,
    /^etc\/password$/,
    /^pkg\/models\/catalog\.json$/,
    /^state\/config\/state\.json$/,
    /^state\/models\/slots\/\d+\.json$/,
    /^state\/models\/added\/mine\.json$/,
    /^state\/models\/refs\/mine\//,
    /^state\/cache\//,
  ]) {
    t.ok(
      names.some((name) => expected.test(name)),
      `${expected} is among them`,
    );
  }
  const copy = box.copy();
  const good = await poses(bench);
  t.equal(good.poses.size, frames, good.run.stderr);
  box.restore(copy);
  t.strictSame((await poses(bench)).poses, good.poses, 'the same once more');

  const pairs = files.flatMap((path, index) =>
    fileDamages.map((damage) => ({ path, other: files[(index + 1) % files.length] as string, damage })),
  );
  const chosen = pairs.filter((_, index) => index % stride === 0);
  const wrong: string[] = [];
  let peakMiB = 0;
  let known = 0;
  for (const { path, other, damage } of chosen) {
    box.restore(copy);
    damage.inflict(path, other);
    const { run, poses: found } = await poses(bench);
    const what = `${relative(box.folder, path)}, ${damage.name}`;
    const fault = verdict(run, found, good.poses, isLenient(path, other, damage)) ?? staysUp(run);
    if (fault !== undefined && knownBad.test(path)) {
      t.comment(`known: ${what}: ${fault}`);
      known++;
    } else if (fault !== undefined) {
      wrong.push(`${what}: ${fault}`);
      t.comment(`${what}: ${fault}\n${run.stderr.slice(0, 1500)}`);
    }
    if (run.peakMiB > peakMiB) peakMiB = run.peakMiB;
    if (run.peakMiB > good.run.peakMiB + memoryMiB) wrong.push(`${what}: ${run.peakMiB} MiB`);
  }
  t.same(wrong, []);
  const counted = chosen.length - known;
  const value = counted - wrong.length;
  reached(t, { fault, what: 'damages refused, healed or harmless', value, exactly: counted });
  const more = Math.max(0, peakMiB - good.run.peakMiB);
  reached(t, { fault, what: 'more memory', value: more, unit: 'MB', atMost: memoryMiB });
});

function isLenient(path: string, other: string, { plausible, name }: FileDamage): boolean {
  const isWritten = written.test(path) || (name.startsWith('swapped') && written.test(other));
  return isWritten && plausible === true;
}

/** A crash of the worker is none of the answers. */
function staysUp({ stderr }: BoxRun): string | undefined {
  return /WORKER_(FAILED|HUNG)/.test(stderr) ? 'the worker was lost' : undefined;
}
