import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startGoodCameras } from '../support/bad-cameras/good-cameras.js';
import { atScale, reached } from '../support/fault-figure.js';
import { MjpegServer } from '../support/mjpeg-server.js';
import { OperatedAgent, operatedTopics } from '../support/operated-agent.js';
import { childrenOf, isAlive } from '../support/processes.js';
import { waitFor } from '../support/wait-for.js';

const rounds = atScale({ few: 1, tenth: 5, full: 50 });
/** Few rounds are run beside other tests: there a gap tells a worker that went from one that stayed, no more. */
const limitMs = atScale({ few: 1500, tenth: 50, full: 50 });
const hosts = [{ host: '127.0.0.1', allow_remote: true }];
const local = { model: { id: 'blazepose-lite', threads: 1 }, control: { probation_s: 3 } };
t.setTimeout(atScale({ few: 2, tenth: 5, full: 40 }) * 60_000);

async function serve(
  t: { teardown(end: () => unknown): unknown },
  credentials?: string,
): Promise<MjpegServer> {
  const server = await new MjpegServer({
    fps: 10,
    ...(credentials === undefined ? {} : { credentials }),
  }).start();
  t.teardown(() => server.stop());
  return server;
}

/** The longest time between two poses of the camera since `from` (performance.now()), ms. */
function longestGap(one: OperatedAgent, camera: string, from: number): number {
  const times = one.observer.of(operatedTopics.pose(camera)).map(({ at }) => at);
  const steps = times.slice(1).map((time, index) => (time >= from ? time - (times[index] as number) : 0));
  return Math.max(0, ...steps);
}

t.test('cameras are added, changed and removed while another goes on', async (t) => {
  const [good = ''] = await startGoodCameras(t, 1);
  const [first, second] = [await serve(t), await serve(t)];
  const steady = { id: 'steady', source: good };
  const one = await OperatedAgent.start(t, { ...local, camera_hosts: hosts, cameras: [steady] }, 'steady');
  if (!one) return;
  // Who names a camera decides what it may reach: the first document opens it anew.
  t.match(await one.desire(1, { cameras: [steady] }), { status: 'applied' });
  await one.poses('steady');
  const [worker] = one.agent.children();
  const alone = performance.now();
  await one.desire(2, { cameras: [steady], log: { level: 'warn' } });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const own = longestGap(one, 'steady', alone);
  const status = (): unknown => one.observer.last(operatedTopics.status('other'))?.status;

  const begun = performance.now();
  let version = 2;
  for (let round = 0; round < rounds; round++) {
    const other = { id: 'other', source: first.url };
    t.match(await one.desire(++version, { cameras: [other, steady] }), { status: 'applied' }, 'added');
    await one.poses('other');
    t.equal(status(), 'online');
    const changed = { id: 'other', source: second.url };
    t.match(await one.desire(++version, { cameras: [steady, changed] }), { status: 'applied' }, 'changed');
    await one.poses('other');
    t.match(await one.desire(++version, { cameras: [steady] }), { status: 'applied' }, 'removed');
    const before = one.seqs('other').length;
    await one.poses('steady');
    t.equal(one.seqs('other').length, before, 'nobody reads it any more');
    const last = one.observer.of(operatedTopics.status('other')).at(-1);
    t.equal(last?.text, '', 'and nobody speaks of it');
  }
  const longer = longestGap(one, 'steady', begun) - own;
  const seqs = one.seqs('other');
  t.same(
    seqs,
    [...new Set(seqs)].sort((a, b) => a - b),
    'its frames are numbered on',
  );
  t.same(one.agent.children(), [worker], 'by the same worker');
  const what = `${3 * rounds} changes of cameras: longer gap of another by`;
  reached(t, { fault: 'camera_changes', what, value: longer, unit: 'ms', atMost: limitMs });
});

t.test('a camera whose process is killed is back soon, by the same worker', async (t) => {
  const cameras = (await startGoodCameras(t, 2)).map((source, index) => ({ id: `cam${index}`, source }));
  const one = await OperatedAgent.start(t, { ...local, cameras });
  if (!one) return;
  for (const { id } of cameras) await one.poses(id);
  const [worker = 0] = one.agent.children();
  const begun = performance.now();
  const readers = childrenOf(worker);
  t.equal(readers.length, cameras.length);
  for (const pid of readers) {
    process.kill(pid, 'SIGKILL');
    await waitFor('gone', () => !isAlive(pid));
    for (const { id } of cameras) await one.poses(id);
  }
  t.same(one.agent.children(), [worker]);
  const value = Math.max(...cameras.map(({ id }) => longestGap(one, id, begun)));
  reached(t, {
    fault: 'camera_changes',
    what: 'after a crash of its process away for',
    value,
    unit: 'ms',
    atMost: 2000,
  });
});

t.test('a camera that cannot be read is rolled back, and no other feels it', async (t) => {
  const [good = ''] = await startGoodCameras(t, 1);
  const server = await serve(t);
  const steady = { id: 'steady', source: good };
  const cameras = [steady, { id: 'other', source: server.url }];
  const one = await OperatedAgent.start(t, { ...local, camera_hosts: hosts, cameras }, 'other');
  if (!one) return;
  t.match(await one.desire(1, { cameras }), { status: 'applied' });
  await one.poses('other');
  const [worker] = one.agent.children();
  const begun = performance.now();
  const dead = { id: 'other', source: `${server.url}/nothing` };
  t.match(await one.desire(2, { cameras: [steady, dead] }), { status: 'rolled_back', code: 500 });
  await one.poses('other');
  t.same(one.agent.children(), [worker]);
  t.ok(longestGap(one, 'steady', begun) < 1500);
});

t.test('a password that is changed at the camera and in its file is taken over', async (t) => {
  const server = await serve(t, 'viewer:second');
  const file = join(t.testdir(), 'password');
  writeFileSync(file, 'first\n', { mode: 0o600 });
  const cameras = [
    { id: 'cam0', source: (await serve(t)).url },
    { id: 'locked', source: server.url, username: 'viewer', password: { secret: 'door' } },
  ];
  const one = await OperatedAgent.start(t, { ...local, cameras, secrets: { door: { file } } });
  if (!one) return;
  const status = (): unknown => one.observer.last(operatedTopics.status('locked'))?.reason;
  await waitFor('refused', () => /check user and password/.test(String(status())));
  const [worker] = one.agent.children();
  writeFileSync(`${file}.new`, 'second\n', { mode: 0o600 });
  renameSync(`${file}.new`, file);
  await one.poses('locked');
  t.same(one.agent.children(), [worker], 'by the same worker');
});
