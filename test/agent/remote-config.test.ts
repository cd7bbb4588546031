import t from 'tap';
import { reached } from '../support/fault-figure.js';
import { OperatedAgent, type Report, operatedTopics as topics } from '../support/operated-agent.js';
import { waitFor } from '../support/wait-for.js';

// A dozen probations, each of which begins when a model is open: slow beside other tests.
t.setTimeout(300_000);

const local = { model: { id: 'blazepose-lite' }, stats: { interval_s: 60 }, control: { probation_s: 5 } };
const limitMs = 30_000;

t.test('documents are applied live or by a new worker, and refused ones change nothing', async (t) => {
  const bench = await OperatedAgent.start(t, local);
  if (!bench) return;

  const live = await bench.desire(1, { stats: { interval_s: 1 } });
  t.match(live, { status: 'applied', code: 200 }, 'what the running agent takes over is applied at once');
  await waitFor('stats at the new interval', () => bench.observer.of(topics.stats).length >= 2, limitMs);

  const [worker] = bench.agent.children();
  const replaced = await bench.desire(2, { stats: { interval_s: 1 }, pose: { min_score: 0.01 } });
  t.match(replaced, { status: 'applied', code: 200 });
  t.match(
    bench.reports.find(({ status, version }) => status === 'applying' && version === 2),
    { code: 202 },
  );
  t.not(bench.agent.children()[0], worker, 'another worker runs');
  await bench.poses();
  const seqs = bench.seqs();
  t.same(
    seqs,
    seqs.toSorted((a, b) => a - b),
    'numbering goes on',
  );

  const [running] = bench.agent.children();
  const refused: [number, object, number][] = [
    [1, { stats: { interval_s: 5 } }, 409],
    [2, { stats: { interval_s: 5 } }, 409],
    [3, { mqtt: { url: 'mqtt://elsewhere' } }, 403],
    [3, { cameras: [{ id: 'cam0', source: '/etc/passwd' }] }, 403],
    [3, { pose: { min_score: 7 } }, 422],
    [3, { model: { id: 'no-such-model' } }, 422],
  ];
  for (const [version, config, code] of refused) {
    const report = await bench.desire(version, config);
    t.match(report, { status: 'rejected', code }, JSON.stringify(config));
    t.ok(report.errors.length > 0, 'and says what of it');
  }
  const undisturbed = bench.agent.children().filter((pid) => pid === running).length;
  const what = `workers of an agent that outlive ${refused.length} refusals`;
  reached(t, { fault: 'bad_config', what, value: undisturbed, exactly: 1 });
  const repeated = await bench.desire(2, { stats: { interval_s: 1 }, pose: { min_score: 0.01 } });
  t.match(repeated, { status: 'applied', code: 200 }, 'the same once more is fine');
  await bench.poses();
});

t.test('a burst of documents: one terminal report each, in their order', async (t) => {
  const bench = await OperatedAgent.start(t, local);
  if (!bench) return;
  t.equal((await bench.desire(1000, { stats: { interval_s: 30 } })).code, 200);
  const before = bench.reports.length;
  const versions = Array.from({ length: 1000 }, (_, n) => n + 1);
  for (const version of versions) {
    const document = JSON.stringify({ version, id: 'burst', config: { stats: { interval_s: 30 } } });
    bench.operator.publish(topics.desired, document, { qos: 1, retain: true });
  }
  const found = (): Report[] => bench.reports.slice(before);
  await waitFor('all reports', () => found().length >= versions.length, limitMs);
  t.strictSame(
    found().map(({ version }) => version),
    versions,
  );
});

t.test('a document that does not work is rolled back, and what was good outlives a restart', async (t) => {
  const bench = await OperatedAgent.start(t, local);
  if (!bench) return;
  t.match(await bench.desire(1, { pose: { min_score: 0.02 } }), { status: 'applied' });

  const camera = { id: 'cam0', source: 'rtsp://192.0.2.1/none' };
  const failed = await bench.desire(2, { pose: { min_score: 0.02 }, cameras: [camera] });
  t.match(failed, { status: 'rolled_back', code: 500, last_good: { version: 1 } });
  await bench.poses();
  t.match(bench.observer.last(topics.event), { type: 'rollback', code: 'TRIAL_FAILED' });

  const reports = bench.reports.length;
  await bench.restart();
  await waitFor('its report once more', () => bench.reports.length > reports, limitMs);
  t.match(bench.reports.at(-1), { version: 2, status: 'rolled_back' }, 'not tried again');
  await bench.poses();
  t.notMatch(bench.agent.stderr, /applying a configuration/);
});

t.test('a camera that was away before is not held against a document, over a restart too', async (t) => {
  const cameras = [{ id: 'cam0' }, { id: 'cam1', source: 'rtsp://127.0.0.1:1/none' }];
  const bench = await OperatedAgent.start(t, { ...local, cameras });
  if (!bench) return;
  const reports = bench.reports.length;
  const document = JSON.stringify({ version: 1, id: 'x', config: { pose: { min_score: 0.02 } } });
  await bench.operator.publishAsync(topics.desired, document, { qos: 1, retain: true });
  await waitFor('its probation', () => bench.reports.length > reports, limitMs);
  await bench.restart();
  await waitFor('the verdict', () => bench.reports.at(-1)?.status !== 'applying', limitMs);
  t.match(bench.reports.at(-1), { version: 1, status: 'applied' });
});

t.test('a newer document ends the probation of the one before', async (t) => {
  const bench = await OperatedAgent.start(t, local);
  if (!bench) return;
  const send = (version: number, min_score: number): Promise<unknown> => {
    const document = JSON.stringify({ version, id: 'quick', config: { pose: { min_score } } });
    return bench.operator.publishAsync(topics.desired, document, { qos: 1, retain: true });
  };
  await send(1, 0.1);
  await waitFor('version 1 on probation', () => bench.reports.some(({ version }) => version === 1), limitMs);
  await send(2, 0.2);
  const ended = (version: number): Report | undefined =>
    bench.reports.find((report) => report.version === version && report.status !== 'applying');
  await waitFor('both ended', () => ended(1) !== undefined && ended(2) !== undefined, limitMs);
  t.match(ended(1), { status: 'rolled_back' });
  t.match(ended(2), { status: 'applied' });
});

t.test('what an untried document brought stays untried when the next one repeats it', async (t) => {
  const bench = await OperatedAgent.start(t, local);
  if (!bench) return;
  const config = { cameras: [{ id: 'cam0', source: 'rtsp://192.0.2.1/none' }] };
  const document = (version: number): string => JSON.stringify({ version, id: 'same', config });
  await bench.operator.publishAsync(topics.desired, document(1), { qos: 1, retain: true });
  await waitFor('version 1 on probation', () => bench.reports.some(({ version }) => version === 1), limitMs);
  const second = await bench.desire(2, config);
  t.match(second, { status: 'rolled_back', last_good: null });
  await bench.poses();
});
