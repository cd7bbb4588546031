import { randomInt } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statfsSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { AgentError } from '../../src/errors.js';
import {
  type InstallUpdateOptions,
  installUpdate,
  type UpdateSource,
} from '../../src/models/install-update.js';
import { ModelSlots } from '../../src/models/model-slots.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { atScale, reached } from '../support/fault-figure.js';
import {
  cut,
  drip,
  endless,
  type Handler,
  type HttpFileServer,
  stall,
  startHttpFileServer,
  status,
  whole,
} from '../support/http-file-server.js';
import { digest, tinyCatalog, tinyFiles } from '../support/tiny-catalog.js';
import { UpdatePublisher } from '../support/update-publisher.js';

const pace = { silenceMs: 300, retryMs: [5] };
const fault = 'bad_model';
const flips = atScale({ few: 20, tenth: 20, full: 200 });

async function setUp(t: Test) {
  const stateDir = t.testdir();
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  const publisher = new UpdatePublisher(server);
  const install = (source: UpdateSource, how: Partial<InstallUpdateOptions> = {}) =>
    installUpdate(source, { stateDir, policy: publisher.policy, pace, ...how });
  const catalog = tinyCatalog(server.url);
  const slots = new ModelSlots({ stateDir, catalog });
  const resolve = (name: string) => resolveInstalled(name, { stateDir, catalog });
  return { stateDir, server, publisher, install, slots, resolve };
}

async function refused(promise: Promise<unknown>): Promise<AgentError> {
  const error = await promise.then(
    (result) => new Error(`it was accepted: ${JSON.stringify(result)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof AgentError) return error;
  throw error;
}

/** Blobs in the store: only what was whole and right gets there. */
function blobs(stateDir: string): string[] {
  const folder = join(stateDir, 'models/blobs/sha256');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

t.test('a signed update is installed, and runs once it is activated', async (t) => {
  const { server, publisher, install, slots, resolve } = await setUp(t);
  const url = publisher.publish();
  const total = tinyFiles.xml.length + publisher.weights(1).length;
  t.match(await install({ url }), {
    name: 'hall@1',
    status: 'installed',
    bytes: total,
    sources: [`${server.url}/hall/1/hall.xml`, `${server.url}/hall/1/hall.bin`],
  });
  t.match(await slots.read(), {
    current: undefined,
    updates: [{ name: 'hall@1', model: 'hall', version: 1, status: 'new', bytes: total, title: /hall/ }],
    faults: [],
  });
  await t.rejects(resolve('hall'), { code: 'MODEL_NOT_INSTALLED', message: /hall@1.*never activated/ });
  t.match(
    await resolve('hall@1'),
    { name: 'hall@1', id: 'hall', variant: 'update-1' },
    'by its full name it can be had',
  );

  t.equal(await slots.activate('hall'), 'hall@1');
  const model = await resolve('auto');
  t.match(model, {
    name: 'hall@1',
    id: 'hall',
    family: 'openpose',
    inputs: { xml: { height: 256 } },
    slot: { name: 'hall@1', phase: 'probation' },
    checksums: { bin: `sha256:${digest(publisher.weights(1))}` },
  });
  t.same(readFileSync(model.files.bin ?? ''), publisher.weights(1));
  t.equal(model.files.bin?.replace(/bin$/, 'xml'), model.main, 'both halves stand side by side');
});

t.test('the manifest itself may come instead of its address', async (t) => {
  const { publisher, install, slots } = await setUp(t);
  publisher.publish();
  t.match(await install({ envelope: publisher.envelope() }), { name: 'hall@1', status: 'installed' });
  t.match((await slots.read()).updates, [{ name: 'hall@1' }]);
});

t.test('without keys or without origins there are no updates', async (t) => {
  const { server, publisher, install } = await setUp(t);
  const url = publisher.publish();
  const { keys, origins } = publisher.policy;
  t.match(await refused(install({ url }, { policy: { keys: [], origins } })), {
    code: 'MODEL_UPDATES_OFF',
    message: /updates\.keys is empty/,
  });
  t.match(await refused(install({ url }, { policy: { keys, origins: [] } })), { code: 'MODEL_UPDATES_OFF' });
  t.same(server.log, []);
});

t.test('refused before a file is asked for', async (t) => {
  const { stateDir, server, publisher, install, slots } = await setUp(t);
  const stranger = new UpdatePublisher(server);
  publisher.publish({ version: 5 });
  await install({ envelope: publisher.envelope({ version: 5 }) });
  const before = { view: await slots.read(), blobs: blobs(stateDir) };
  server.log.length = 0;
  const input = { height: 256, width: 456, color: 'bgr', mean: 0, scale: 1, resize: 'rotated-crop' };
  const cases: [string, string, Buffer][] = [
    ['an older version', 'MODEL_VERSION_REFUSED', publisher.envelope({ version: 4 })],
    [
      'the same version with other files',
      'MODEL_VERSION_REFUSED',
      publisher.envelope({ version: 5, bin: Buffer.from('x') }),
    ],
    [
      'expired',
      'MODEL_MANIFEST_EXPIRED',
      publisher.envelope({ version: 6, change: { expires: '2020-01-01T00:00:00Z' } }),
    ],
    [
      'expired, elsewhere',
      'MODEL_MANIFEST_EXPIRED',
      publisher.envelope({ version: 6, change: { expires: '2020-01-01T00:00:00+02:00' } }),
    ],
    [
      'an unknown key',
      'MODEL_SIGNATURE_INVALID',
      publisher.sign(publisher.manifest({ version: 6 }), 'release-2'),
    ],
    ['another key of that name', 'MODEL_SIGNATURE_INVALID', stranger.envelope({ version: 6 })],
    [
      'signed, but of no shape',
      'MODEL_SHAPE_MISMATCH',
      publisher.envelope({ version: 6, change: { inputs: { xml: input } } }),
    ],
    [
      'signed, but of no family',
      'MODEL_MANIFEST_INVALID',
      publisher.envelope({ version: 6, change: { family: 'yolo' } }),
    ],
    [
      'signed, but a field is missing',
      'MODEL_MANIFEST_INVALID',
      publisher.envelope({ version: 6, change: { expires: null } }),
    ],
    [
      'too large',
      'MODEL_MANIFEST_INVALID',
      publisher.envelope({ version: 6, change: { title: 'x'.repeat(70_000) } }),
    ],
    [
      'no envelope',
      'MODEL_MANIFEST_INVALID',
      Buffer.from(JSON.stringify(publisher.manifest({ version: 6 }))),
    ],
  ];
  let count = 0;
  for (const [what, code, envelope] of cases) {
    server.on('/m.json', whole(envelope));
    const { code: direct } = await refused(install({ envelope }));
    const { code: fetched } = await refused(install({ url: `${server.url}/m.json` }));
    if (direct === code && fetched === code) count++;
    else t.fail(`${what}: ${direct}, over HTTP ${fetched}`);
  }
  const what = 'manifests refused: old, expired, forged, of no shape';
  reached(t, { fault, what, value: count, exactly: cases.length });
  t.same(new Set(server.log), new Set(['GET /m.json']), 'not one file was asked for');
  t.same({ view: await slots.read(), blobs: blobs(stateDir) }, before, 'nothing changed');
});

t.test('the same manifest again changes nothing, but repairs', async (t) => {
  const { server, publisher, install, slots, resolve } = await setUp(t);
  const url = publisher.publish();
  await install({ url });
  await slots.activate('hall');
  await slots.markGood('hall@1');
  const before = await slots.read();
  server.log.length = 0;
  t.match(await install({ url }), { name: 'hall@1', status: 'unchanged', sources: [] });
  t.same(server.log, ['GET /hall-1.json']);
  truncateSync((await resolve('hall')).files.bin ?? '', 77);
  await t.rejects(resolve('hall'), { code: 'MODEL_CHECKSUM_MISMATCH' });
  t.match(await install({ url }), { status: 'unchanged', sources: [/hall\.bin$/] });
  t.match(await resolve('hall'), { name: 'hall@1', slot: { phase: 'good' } });
  t.same(await slots.read(), before);
});

t.test('what was installed once keeps its place against older versions, whatever became of it', async (t) => {
  const { publisher, install, slots } = await setUp(t);
  for (const version of [2, 7]) {
    publisher.publish({ version });
    await install({ envelope: publisher.envelope({ version }) });
  }
  await slots.activate('hall@7');
  await slots.rollBack();
  for (const version of [3, 6]) {
    publisher.publish({ version });
    t.match(await refused(install({ envelope: publisher.envelope({ version }) })), {
      code: 'MODEL_VERSION_REFUSED',
      message: `hall@${version} is not newer than hall@7, which was accepted before`,
    });
  }
  publisher.publish({ model: 'yard', version: 1 });
  t.match(
    await install({ envelope: publisher.envelope({ model: 'yard' }) }),
    { name: 'yard@1' },
    'each model by itself',
  );
});

/** Installs with another answer for the weights, and says how it was refused. */
async function withWeights(
  {
    server,
    publisher,
    install,
  }: {
    server: HttpFileServer;
    publisher: UpdatePublisher;
    install: (source: UpdateSource) => Promise<unknown>;
  },
  ...handlers: Handler[]
): Promise<string> {
  const url = publisher.publish();
  server.on('/hall/1/hall.bin', ...handlers);
  return (await refused(install({ url }))).code;
}

t.test('files that were cut short', async (t) => {
  const context = await setUp(t);
  const { stateDir, publisher, slots } = context;
  const bin = publisher.weights(1);
  const lengths = [
    0,
    1,
    2,
    100,
    bin.length >> 1,
    bin.length - 1,
    ...Array.from({ length: 30 }, () => randomInt(bin.length)),
  ];
  let count = 0;
  for (const length of lengths) {
    const code = await withWeights(context, whole(bin.subarray(0, length)));
    if (code === 'MODEL_CHECKSUM_MISMATCH') count++;
    else t.fail(`${length} of ${bin.length} bytes: ${code}`);
  }
  reached(t, { fault, what: 'truncations refused', value: count, exactly: lengths.length });
  t.equal(
    await withWeights(context, cut(bin, 5000), status(404)),
    'MODEL_DOWNLOAD_FAILED',
    'a connection that breaks',
  );
  t.equal(
    await withWeights(context, whole(Buffer.concat([bin, Buffer.from([0])]))),
    'MODEL_CHECKSUM_MISMATCH',
    'a byte more',
  );
  t.same(blobs(stateDir), [digest(tinyFiles.xml)], 'nothing of it was taken in');
  t.same((await slots.read()).updates, []);
});

t.test('files with one flipped bit', async (t) => {
  const context = await setUp(t);
  const { stateDir, publisher, slots } = context;
  const bin = publisher.weights(1);
  let count = 0;
  for (let run = 0; run < flips; run++) {
    const flipped = Buffer.from(bin);
    const bit = randomInt(bin.length * 8);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const code = await withWeights(context, whole(flipped));
    if (code === 'MODEL_CHECKSUM_MISMATCH') count++;
    else t.fail(`bit ${bit}: ${code}`);
  }
  reached(t, { fault, what: 'flipped bits refused', value: count, exactly: flips });
  t.same(blobs(stateDir), [digest(tinyFiles.xml)], 'nothing of it was taken in');
  t.same((await slots.read()).updates, []);
});

t.test('answers without an end', async (t) => {
  const context = await setUp(t);
  const { stateDir, server, publisher, install } = context;
  const bin = publisher.weights(1);
  const sent = new Promise<number>((resolve) => {
    withWeights(context, endless(resolve)).then((code) => t.equal(code, 'MODEL_CHECKSUM_MISMATCH'), t.fail);
  });
  const ofFile = await sent;
  const manifest = new Promise<number>((resolve) => server.on('/endless.json', endless(resolve)));
  t.equal((await refused(install({ url: `${server.url}/endless.json` }))).code, 'MODEL_MANIFEST_INVALID');
  const most = Math.max(ofFile, await manifest) / 1e6;
  reached(t, { fault, what: 'of answers without an end were sent', value: most, unit: 'MB', atMost: 64 });
  t.equal(await withWeights(context, stall(bin, 100)), 'MODEL_DOWNLOAD_FAILED', 'silence');
  server.on('/stall.json', stall(bin, 100));
  t.match(await refused(install({ url: `${server.url}/stall.json` })), { message: /no answer for 300 ms/ });
  const partial = join(stateDir, 'models/partial');
  for (const name of readdirSync(partial)) t.ok(statSync(join(partial, name)).size <= bin.length, name);
});

t.test('a server that never falls silent and never comes to an end', async (t) => {
  const { server, publisher, install } = await setUp(t);
  const url = publisher.publish();
  server.on('/hall/1/hall.bin', drip(publisher.weights(1), 20));
  server.on('/slow.json', drip(publisher.envelope(), 20));
  for (const address of [url, `${server.url}/slow.json`]) {
    const begin = performance.now();
    const error = await refused(install({ url: address }, { totalMs: 700 }));
    t.match(error, { code: 'MODEL_DOWNLOAD_FAILED', message: /it took longer than 0\.7 s/ });
    t.ok(performance.now() - begin < 5000);
  }
});

t.test('an installation can be ended, and goes on where it was', async (t) => {
  const { server, publisher, install } = await setUp(t);
  const url = publisher.publish();
  const bin = publisher.weights(1);
  server.on('/hall/1/hall.bin', stall(bin, 9000));
  const stop = new AbortController();
  const ended = refused(install({ url }, { signal: stop.signal, pace: { silenceMs: 20_000, retryMs: [] } }));
  while (!server.log.includes('GET /hall/1/hall.bin')) await sleep(5);
  await sleep(100);
  stop.abort(new Error('the agent stops'));
  t.match(await ended, { code: 'MODEL_DOWNLOAD_FAILED', message: /the agent stops/ });
  server.on('/hall/1/hall.bin', whole(bin));
  server.log.length = 0;
  t.match(await install({ url }), { name: 'hall@1' });
  t.ok(server.log.includes('GET /hall/1/hall.bin bytes=9000-'), 'what was there is not fetched again');
});

t.test('installations side by side', async (t) => {
  const { publisher, install, slots } = await setUp(t);
  const urls = [1, 2, 3].map((version) => publisher.publish({ version, model: `m${version}` }));
  const results = await Promise.all([...urls, ...urls].map((url) => install({ url })));
  t.equal(results.length, 6);
  t.same(
    (await slots.read()).updates.map(({ name }) => name),
    ['m1@1', 'm2@2', 'm3@3'],
  );
  const same = await Promise.all([4, 4, 4, 4].map(() => install({ url: publisher.publish({ version: 4 }) })));
  t.same(same.map(({ status }) => status).sort(), ['installed', 'unchanged', 'unchanged', 'unchanged']);
});

t.test('an update that would fill the disk', async (t) => {
  const { stateDir, server, publisher, install } = await setUp(t);
  const url = publisher.publish();
  const { bavail, bsize } = statfsSync(stateDir);
  t.match(await refused(install({ url }, { reserveBytes: bavail * bsize * 2 })), {
    code: 'OUTPUT_UNWRITABLE',
    message: /bytes free; the update needs 20720/,
  });
  t.same(server.log, ['GET /hall-1.json'], 'said before a file is asked for');
});

t.test('the date of a manifest is judged by what is known of the time', async (t) => {
  const { install, publisher } = await setUp(t);
  const envelope = (version: number, expires: string) => {
    publisher.publish({ version });
    return { envelope: publisher.envelope({ version, change: { expires } }) };
  };
  const synced = { isClockSynced: async () => true };
  const now = Date.now;
  t.teardown(() => {
    Date.now = now;
  });
  Date.now = () => 0;
  t.match(
    (await refused(install(envelope(1, '2020-01-01T00:00:00Z')))).message,
    /it is later than .* not synchronised/,
  );
  Date.now = () => Date.UTC(2099);
  t.match(
    await install(envelope(1, '2030-01-01T00:00:00Z')),
    { status: 'installed' },
    'a clock in 2099 keeps nothing out',
  );
  Date.now = () => Date.UTC(2028);
  const expired = await refused(install(envelope(2, '2027-01-01T00:00:00Z'), synced));
  t.match(expired.message, /it is 2028-01-01T00:00:00.000Z here/);
  Date.now = () => 0;
  await refused(install(envelope(2, '2027-01-01T00:00:00Z')));
  t.match(
    await install(envelope(2, '2029-01-01T00:00:00Z')),
    { status: 'installed' },
    'nor does one in 1970',
  );
});
