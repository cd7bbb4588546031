import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse, stringify } from 'yaml';
import { type HttpFileServer, startHttpFileServer, whole } from '../support/http-file-server.js';
import { runFromSource } from '../support/run-from-source.js';
import { tinyFiles } from '../support/tiny-catalog.js';

interface Bench {
  home: string;
  server: HttpFileServer;
  models: (...args: string[]) => ReturnType<typeof runFromSource>;
}

/** A publisher's folder and a device in one: files of a model, a server, a configuration without updates. */
async function setUp(t: Test): Promise<Bench> {
  const home = t.testdir({
    'hall.xml': tinyFiles.xml.toString(),
    'config.yaml': stringify({ device_id: 'box' }),
  });
  writeFileSync(join(home, 'hall.bin'), tinyFiles.bin);
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  server.on('/hall/hall.xml', whole(tinyFiles.xml));
  server.on('/hall/hall.bin', whole(tinyFiles.bin));
  const environment = { EDGE_POSE_CONFIG: join(home, 'config.yaml') };
  const models = (...args: string[]) => runFromSource(['models', ...args], { home, environment });
  return { home, server, models };
}

function signing({ home, server }: Bench, version: number): string[] {
  const file = (name: string) => join(home, name);
  return [
    ...['sign', '--key', file('release.pem'), '--model', 'hall', '--model-version', String(version)],
    ...[
      '--like',
      'human-pose-estimation-0001',
      '--file',
      `xml=${file('hall.xml')}`,
      '--file',
      `bin=${file('hall.bin')}`,
    ],
    ...['--url-base', `${server.url}/hall`, '--out', file(`hall-${version}.json`)],
  ];
}

t.test('from the key to the model that runs, and back', async (t) => {
  const bench = await setUp(t);
  const { home, server, models } = bench;
  const made = await models('keygen', '--out', join(home, 'release.pem'));
  t.match(made, { code: 0, stderr: '' });
  t.equal(statSync(join(home, 'release.pem')).mode & 0o777, 0o600);
  t.match(readFileSync(join(home, 'release.pem'), 'utf8'), /^-----BEGIN PRIVATE KEY-----/);

  // What keygen prints goes into the device's file as it stands.
  const { updates } = parse(made.stdout.slice(made.stdout.indexOf('updates:')));
  t.match(updates, { keys: [{ name: 'release', key: /^[A-Za-z0-9+/]{43}=$/ }] });
  const origins = [{ origin: server.url, allow_private: true }];
  writeFileSync(join(home, 'config.yaml'), stringify({ device_id: 'box', updates: { ...updates, origins } }));

  t.match(await models(...signing(bench, 1)), {
    code: 0,
    stdout: /hall@1, signed by release, accepted for 90 days\n/,
  });
  server.on('/hall-1.json', whole(readFileSync(join(home, 'hall-1.json'))));
  t.match(await models('pull', '--manifest', `${server.url}/hall-1.json`), {
    code: 0,
    stderr: '',
    stdout: /^hall@1 is installed \(0\.2 MB, from .*hall\.xml and .*\); pose-agent models activate hall@1\n$/,
  });
  t.match((await models('list')).stdout, /\nhall@1 +openpose +Apache-2\.0 +yes \(new\) +0\.2 MB\n/);
  t.match(await models('activate', 'hall'), { code: 0, stdout: /^hall@1 is current, on probation\. / });
  t.match((await models('list')).stdout, /\nhall@1 .* yes \(current, probation\)/);
  t.match((await models('path')).stdout, /refs\/hall\/update-1\/[0-9a-f]+\/hall\.xml\n$/);
  t.match(await models('verify'), { code: 0, stdout: /^hall@1: OK\n$/ });

  t.match(await models(...signing(bench, 2), '--days', '7'), { code: 0 });
  t.match(
    await models('pull', '--manifest', join(home, 'hall-2.json')),
    {
      code: 0,
      stdout: /^hall@2 is installed \(0\.2 MB, every file was there already\)/,
    },
    'a manifest from a file',
  );
  const rows: { name: string; slot: string | null; status: string | null }[] = JSON.parse(
    (await models('list', '--json')).stdout,
  );
  t.match(
    rows.filter(({ name }) => name.startsWith('hall')),
    [
      { name: 'hall@2', slot: null, status: 'new', installed: true, variant: 'update-2' },
      { name: 'hall@1', slot: 'current', status: 'probation' },
    ],
  );
  t.match(await models('rollback'), { code: 0, stdout: /^back from hall@1 to what auto was before/ });
  t.match(await models('rollback'), { code: 3, stderr: /MODEL_SLOT_EMPTY/ });
  t.match(await models('clean'), { code: 0, stdout: '0.0 MB freed; gone: hall@1\n' });
  t.match(await models('pull', '--manifest', `${server.url}/hall-1.json`), {
    code: 3,
    stderr: /MODEL_VERSION_REFUSED/,
  });
});

t.test('what a device would refuse is not signed', async (t) => {
  const bench = await setUp(t);
  const { home, models } = bench;
  await models('keygen', '--out', join(home, 'release.pem'), '--name', 'other');
  const again = await models('keygen', '--out', join(home, 'release.pem'));
  t.match(
    again,
    { code: 1, stderr: /release\.pem cannot be written: it is there already/ },
    'no key is lost',
  );
  const sign = (...changes: string[]) => models(...signing(bench, 1), ...changes);
  t.match(await sign('--like', 'blazepose-full'), { code: 3, stderr: /MODEL_SHAPE_MISMATCH/ });
  t.match(await sign('--like', 'blazepose-ful'), { code: 3, stderr: /did you mean blazepose-full/ });
  t.match(await sign('--key', join(home, 'hall.bin')), { code: 3, stderr: /it is no private key in PEM/ });
  t.match(await sign('--model-version', '0'), { code: 2, stderr: /whole number from 1 on/ });
  t.match(await sign('--file', 'hall.xml'), { code: 2, stderr: /ROLE=PATH/ });
  const weights = await sign('--file', `detector_bin=${join(home, 'hall.bin')}`);
  t.match(
    weights,
    { code: 3, stderr: /expected the files xml, bin, found xml, bin, detector_bin/ },
    'a role is read',
  );
  writeFileSync(join(home, 'own.json'), '{"family":"openpose"');
  t.match(await sign('--like', join(home, 'own.json')), { code: 3, stderr: /it is no JSON/ });
});

t.test('a device that trusts nobody', async (t) => {
  const { server, models } = await setUp(t);
  t.match(await models('pull', '--manifest', `${server.url}/hall-1.json`), {
    code: 3,
    stderr:
      /Model updates are off on this machine: updates\.keys is empty \(MODEL_UPDATES_OFF\)\n.*docs\/models\.md/,
  });
  t.same(server.log, []);
  t.match(await models('pull', 'blazepose-lite', '--manifest', 'x'), { code: 2, stderr: /leave out either/ });
  t.match(await models('activate', 'hall@1'), { code: 3, stderr: /MODEL_UNKNOWN/ });
});
