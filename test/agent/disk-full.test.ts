import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AgentProcess } from '../support/agent-process.js';
import { CommandClient } from '../support/command-client.js';
import { atScale, reached } from '../support/fault-figure.js';
import { freePort } from '../support/free-port.js';
import { type Handler, startHttpFileServer } from '../support/http-file-server.js';
import { MjpegServer } from '../support/mjpeg-server.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { SmallDisk } from '../support/small-disk.js';
import { UpdatePublisher } from '../support/update-publisher.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const limitMs = 30_000;
const rounds = atScale({ few: 1, tenth: 2, full: 5 });
const probationSeconds = 8;
/** An update leaves 64 MiB free for everything else. */
const megabytes = 128;
// Each test may take so long, and the file ends with the last of them.
t.setTimeout(300_000);

interface Report {
  version: number;
  id: string;
  status: string;
  code: number;
  sha256: string;
  last_good: { version: number; sha256: string } | null;
}

interface BoxParts {
  disk: SmallDisk;
  mosquitto: Mosquitto;
  observer: MqttObserver;
  config: Record<string, unknown>;
}

/** An agent whose state folder is a disk of its own, with poses coming. */
class Box {
  readonly disk: SmallDisk;
  readonly mosquitto: Mosquitto;
  readonly observer: MqttObserver;
  readonly #config: Record<string, unknown>;
  agent: AgentProcess;

  private constructor({ disk, mosquitto, observer, config }: BoxParts) {
    this.disk = disk;
    this.mosquitto = mosquitto;
    this.observer = observer;
    this.#config = config;
    this.agent = this.#start();
  }

  static async require(t: Test, more: Record<string, unknown> = {}): Promise<Box | undefined> {
    const disk = SmallDisk.require(t, megabytes);
    const mosquitto = disk && (await Mosquitto.require(t));
    if (!mosquitto) return undefined;
    t.teardown(() => mosquitto.stop());
    const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
    t.teardown(() => observer.close());
    const config = {
      model: { id: 'blazepose-lite' },
      control: { probation_s: probationSeconds },
      state_dir: disk.folder,
      ...more,
    };
    const box = new Box({ disk, mosquitto, observer, config });
    t.teardown(() => box.agent.remove());
    await box.poses();
    return box;
  }

  /** Starts the agent anew, after what is to be done between two agents. */
  async restart(meanwhile: () => void = () => {}): Promise<void> {
    this.agent.child.kill('SIGTERM');
    await this.agent.done;
    await this.agent.remove();
    meanwhile();
    this.agent = this.#start();
  }

  #start(): AgentProcess {
    return new AgentProcess(['run', '--mqtt', this.mosquitto.url], this.#config);
  }

  /** Waits until more poses have come. */
  async poses(): Promise<void> {
    const count = (): number => this.observer.of(`${base}/cam/cam0/pose`).length;
    const before = count();
    await waitFor('poses', () => count() > before + 3, limitMs);
  }

  get reports(): Report[] {
    return this.observer.of(`${base}/config/reported`).map(({ text }) => JSON.parse(text) as Report);
  }

  /** Publishes a document and waits for its first report, or for its terminal one. */
  async desire(version: number, config: object, which: 'first' | 'terminal'): Promise<Report> {
    const before = this.reports.length;
    const document = JSON.stringify({ version, id: `doc-${version}`, config });
    await this.observer.publish(`${base}/config/desired`, document, { retain: true });
    const report = () =>
      this.reports
        .slice(before)
        .find((one) => one.version === version && (which === 'first' || one.status !== 'applying'));
    await waitFor(`a report of version ${version}`, () => report() !== undefined, limitMs);
    return report() as Report;
  }

  /** What is stored, by name. */
  files(folder: string): Record<string, string> {
    const path = join(this.disk.folder, folder);
    const names = existsSync(path) ? readdirSync(path, { recursive: true, withFileTypes: true }) : [];
    const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return Object.fromEntries(files.toSorted().map((file) => [file, readFileSync(file, 'latin1')]));
  }
}

/** Over all tests: refused as it should be, files left behind, carried out once there was room. */
const totals = { refused: 0, leftOver: 0, recovered: 0, reportedTwice: 0 };

/** Counts the files that are there and were not before. */
function countLeftovers(t: Test, now: Record<string, string>, before: Record<string, string>): void {
  const names = Object.keys(now).filter((name) => !(name in before));
  t.same(names, [], 'no temporary file is left');
  totals.leftOver += names.length;
}

t.test(
  'a document that finds no room is refused; with room it is applied',
  { timeout: 300_000 },
  async (t) => {
    const box = await Box.require(t);
    if (!box) return;
    let good = await box.desire(1, { stats: { interval_s: 7 } }, 'terminal');
    const { child } = box.agent;
    for (let version = 2; version < 2 + rounds; version++) {
      const config = { pose: { min_score: 0.1 + version / 100 } };
      const before = box.files('config');
      const [worker] = box.agent.children();
      box.disk.fill();
      const refused = await box.desire(version, config, 'terminal');
      const named = { version, id: `doc-${version}` };
      t.match(refused, { ...named, code: 507, last_good: { sha256: good.sha256 } });
      totals.refused += Number(refused.code === 507);
      countLeftovers(t, box.files('config'), before);
      t.same(box.files('config'), before, 'what is stored is what was stored');
      await box.poses();
      t.equal(box.agent.children()[0], worker, 'by the worker of before');
      box.disk.free();
      good = await box.desire(version, config, 'terminal');
      t.match(good, { ...named, code: 200, sha256: refused.sha256 }, 'the same document once more');
      totals.recovered += Number(good.code === 200);
    }
    t.equal(child.exitCode, null, 'by the same process');
  },
);

/** Sends a half, and the rest when it is allowed. */
function inHalves(body: Buffer, rest: Promise<void>): Handler {
  return (_, response) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, body.length / 2));
    void rest.then(() => response.end(body.subarray(body.length / 2)));
  };
}

t.test('a model that does not fit is refused; with room it is installed', { timeout: 300_000 }, async (t) => {
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  const publisher = new UpdatePublisher(server);
  const box = await Box.require(t, { updates: publisher.policy });
  if (!box) return;
  const client = await CommandClient.connect(box.mosquitto.url, base);
  t.teardown(() => client.close());
  for (let version = 1; version <= rounds; version++) {
    // The last piece alone does not fit, or many of them.
    const bin = Buffer.alloc(version % 2 === 1 ? 40_000 : 2_000_000, version);
    const manifest = publisher.publish({ version, bin });
    const before = box.files('models');
    let send: () => void = () => {};
    const rest = new Promise<void>((resolve) => {
      send = resolve;
    });
    server.on(`/hall/${version}/hall.bin`, inHalves(bin, rest));
    const answer = client.ask('models-pull', { manifest });
    const arrived = () =>
      Object.values(box.files('models/partial')).some(({ length }) => length >= bin.length / 2);
    await waitFor('a half of it', arrived, limitMs);
    box.disk.fill();
    send();
    const refused = await answer;
    t.match(refused, { status: 'error', code: 507, message: /models\/partial gives ENOSPC/ });
    t.match(await client.ask('models-pull', { manifest }), { code: 507, message: /bytes free/ }, 'nor now');
    totals.refused += Number(refused.code === 507);
    countLeftovers(t, box.files('models/partial'), before);
    await box.poses();
    box.disk.free();
    const name = `hall@${version}`;
    const retried = await client.ask('models-pull', { manifest });
    t.match(retried, { status: 'ok', data: { name } }, 'the same once more');
    totals.recovered += Number(retried.status === 'ok');
  }
});

/** Applied without another worker, and so without probation. */
const live = { stats: { interval_s: 7 } };

t.test('a roll-back does not need the disk', { timeout: 300_000 }, async (t) => {
  const box = await Box.require(t);
  if (!box) return;
  let good = await box.desire(1, live, 'terminal');
  let version = 1;
  for (let round = 0; round < rounds; round++) {
    version++;
    const before = box.files('config');
    await box.desire(version, { cameras: [{ id: 'cam0', source: 'rtsp://192.0.2.1/none' }] }, 'first');
    box.disk.fill();
    const isBack = (): boolean => terminal(box, version).length > 0;
    await waitFor('the roll-back', isBack, limitMs);
    const [back] = terminal(box, version);
    t.match(back, { status: 'rolled_back', code: 500, last_good: { sha256: good.sha256 } });
    await box.poses();
    totals.refused += Number(back?.status === 'rolled_back');
    countLeftovers(t, box.files('config'), before);
    box.disk.free();
    version++;
    good = await box.desire(version, { stats: { interval_s: 7 + version } }, 'terminal');
    const reported = terminal(box, version - 1).length;
    t.equal(reported, 1, 'one terminal report of the document that failed');
    totals.reportedTwice += Number(reported > 1);
    totals.recovered += Number(good.code === 200);
  }
  const reports = box.reports.length;
  await box.restart();
  await waitFor('its report once more', () => box.reports.length > reports, limitMs);
  t.match(box.reports.at(-1), { version, status: 'applied' });
  await box.poses();
  t.notMatch(box.agent.stderr, /applying a configuration/, 'what failed is not tried again');
});

function terminal({ reports }: Box, version: number): Report[] {
  return reports.filter((report) => report.version === version && report.status !== 'applying');
}

t.test('a model’s roll-back does not need the disk', { timeout: 300_000 }, async (t) => {
  const camera = await new MjpegServer({ fps: 10, port: await freePort() }).start();
  t.teardown(() => camera.stop());
  const box = await Box.require(t, {
    model: { id: 'auto' },
    cameras: [{ id: 'cam0', source: camera.url }],
  });
  if (!box) return;
  const client = await CommandClient.connect(box.mosquitto.url, base);
  t.teardown(() => client.close());
  const model = () => box.observer.last(`${base}/cam/cam0/pose`)?.model;
  const rollbacks = () =>
    box.observer.of(`${base}/event`).filter(({ text }) => JSON.parse(text).type === 'rollback');
  const before = model();
  t.match(await client.ask('models-activate', { name: 'blazepose-lite' }), { status: 'ok' });
  box.disk.fill();
  await camera.stop(); // no frame comes: the model has failed
  await waitFor('the roll-back', () => rollbacks().length === 1, limitMs);
  t.match(JSON.parse(rollbacks()[0]?.text ?? ''), {
    message: /no frame of cam0 came through .*; rolled back, but not stored yet: .*ENOSPC/,
    detail: { model: 'blazepose-lite/FP16', stored: false },
  });
  t.match(await client.ask('models-list'), { data: { active: before } }, 'it is gone at once');
  await camera.start();
  await box.poses();
  t.equal(model(), before);

  await box.restart();
  await waitFor('the roll-back at the start', () => rollbacks().length === 2, limitMs);
  t.match(rollbacks()[1]?.text, /its starts cannot be counted: .*not stored yet/);
  await box.poses();
  t.equal(model(), before, 'the next agent does not try it either');
  box.disk.free();
  await waitFor(
    'it is stored',
    () => /what became of the model is stored now/.test(box.agent.stderr),
    limitMs,
  );
  await box.restart();
  await box.poses();
  t.equal(model(), before);
  t.equal(rollbacks().length, 2, 'and that was that');
  reached(t, { fault: 'disk_full', what: 'models rolled back without the disk', value: 1, exactly: 1 });
});

t.test('an agent that starts on a full disk works', { timeout: 120_000 }, async (t) => {
  const box = await Box.require(t);
  if (!box) return;
  await box.restart(() => {
    rmSync(join(box.disk.folder, 'cache'), { recursive: true });
    box.disk.fill();
  });
  await box.poses();
  const refused = await box.desire(1, live, 'terminal');
  t.match(refused, { code: 507, last_good: null });
  totals.refused += Number(refused.code === 507);
  box.disk.free();
  const applied = await box.desire(1, live, 'terminal');
  totals.recovered += Number(applied.code === 200);
});

t.test('every full disk', async (t) => {
  if (totals.refused === 0) return; // what is missing is told above
  const changes = 3 * rounds + 1;
  const figure = (what: string, value: number, exactly: number) =>
    reached(t, { fault: 'disk_full', what, value, exactly });
  figure('changes refused or rolled back', totals.refused, changes);
  figure('temporary files left', totals.leftOver, 0);
  figure('documents with a second terminal report', totals.reportedTwice, 0);
  figure('carried out once there was room', totals.recovered, changes);
});
