import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { doctorCommand } from '../../src/cli/doctor.js';
import type { Finding } from '../../src/cli/finding.js';
import { makeJetsonTree, orinTree, xavierTree } from '../support/jetson-tree.js';

const ofJetsons = ['jetson', 'power mode', 'temperature', 'memory', 'swap', 'argus', 'video decoder'];

/** What `doctor --json` finds on the machine below `root`, by check, and how it ends. */
async function doctor(
  t: Test,
  root: string,
  cameras: object[] = [],
): Promise<{ findings: Map<string, Finding>; exitCode: number }> {
  const folder = join(root, 'home');
  mkdirSync(folder);
  const file = join(folder, 'config.yaml');
  const config = {
    state_dir: join(folder, 'state'),
    model: { id: 'blazepose-lite' },
    ...(cameras.length === 0 ? {} : { cameras }),
  };
  writeFileSync(file, JSON.stringify(config));
  const written = t.capture(process.stdout, 'write', () => true);
  process.exitCode = 0;
  await doctorCommand(root).parseAsync(['--json', '--config', file], { from: 'user' });
  const exitCode = Number(process.exitCode);
  process.exitCode = 0;
  const text = written()
    .map(({ args }) => String(args[0]))
    .find((chunk) => chunk.startsWith('[{'));
  written.restore();
  const findings = JSON.parse(text ?? '') as Finding[];
  return { findings: new Map(findings.map((finding) => [finding.check, finding])), exitCode };
}

t.test('an Orin as it comes: what could be better, with the command', async (t) => {
  const { findings, exitCode } = await doctor(t, makeJetsonTree(t.testdir(), orinTree));
  t.equal(exitCode, 0, 'nothing of it is a failure');
  t.match(findings.get('jetson'), {
    verdict: 'ok',
    found: 'NVIDIA Jetson Orin Nano Developer Kit, JetPack 6.2 (L4T 36.4.3)',
  });
  t.match(findings.get('power mode'), {
    verdict: 'note',
    found: '15W; there are 15W (0), 25W (1), MAXN_SUPER (2)',
    remedy: /`sudo nvpmodel -m 2` selects MAXN_SUPER.*`sudo jetson_clocks`/,
  });
  t.match(findings.get('temperature'), { verdict: 'ok', found: '52.0 °C in tj-thermal, the hottest zone' });
  t.match(findings.get('memory'), { verdict: 'ok', found: '4.9 of 7.6 GiB available to CPU and GPU' });
  t.match(findings.get('swap'), { verdict: 'note', found: '0.0 GiB on disk, 1.3 GiB of zram' });
  t.notOk(findings.has('argus'), 'no CSI camera is configured');
  t.notOk(findings.has('video decoder'), 'nor one on RTSP');
});

t.test('a Xavier at its fastest, with swap: nothing to say', async (t) => {
  const { findings } = await doctor(t, makeJetsonTree(t.testdir(), xavierTree));
  t.match(findings.get('jetson'), { found: 'Jetson-AGX, JetPack 5.1.2 (L4T 35.4.1)' });
  t.match(findings.get('temperature'), { found: '40.5 °C in CPU-therm, the hottest zone' });
  for (const check of ['jetson', 'power mode', 'temperature', 'memory', 'swap']) {
    t.match(findings.get(check), { verdict: 'ok', remedy: null }, check);
  }
});

t.test('hot, full, and of a release that nobody knows', async (t) => {
  const root = makeJetsonTree(t.testdir(), orinTree, {
    'etc/nv_tegra_release': '# R36 (release), REVISION: 4.9, GCID: 1\n',
    'etc/nvpmodel.conf': '',
    'proc/meminfo': 'MemTotal:        7990000 kB\nMemAvailable:     512000 kB\n',
    'proc/swaps': '',
    'sys/class/thermal/thermal_zone1/temp': '91500\n',
  });
  const { findings, exitCode } = await doctor(t, root);
  t.equal(exitCode, 0);
  t.match(findings.get('jetson'), { found: 'NVIDIA Jetson Orin Nano Developer Kit, L4T 36.4.9' });
  t.match(findings.get('power mode'), { verdict: 'note', found: 'not known', remedy: /nvpmodel -q/ });
  t.match(findings.get('temperature'), { verdict: 'note', found: /^91\.5 °C in gpu-thermal/, remedy: /fan/ });
  t.match(findings.get('memory'), { verdict: 'note', found: /^0\.5 of 7\.6/, remedy: /multi-user/ });
  t.match(findings.get('swap'), { verdict: 'note', remedy: /swap file/ });
});

t.test('what the cameras need', async (t) => {
  const cameras = [
    { id: 'a', source: 'csi:0' },
    { id: 'b', source: 'rtsp://192.0.2.7/1', decoder: 'jetson' },
  ];
  const bare = await doctor(t, makeJetsonTree(t.testdir(), orinTree), cameras);
  t.equal(bare.exitCode, 1);
  t.match(bare.findings.get('argus'), { verdict: 'failed', remedy: /nvargus-daemon.*--csi/ });
  t.match(bare.findings.get('video decoder'), {
    verdict: 'failed',
    remedy: /apt-get install nvidia-l4t-gstreamer /,
  });

  const root = makeJetsonTree(t.testdir(), orinTree, { 'tmp/.keep': '' });
  const server = createServer().listen(join(root, 'tmp/argus_socket'));
  await once(server, 'listening');
  t.teardown(() => server.close());
  const software = [cameras[0] as object, { ...cameras[1], decoder: 'software' }];
  const content = await doctor(t, root, software);
  t.equal(content.findings.get('argus')?.verdict, 'ok');
  t.notOk(content.findings.has('video decoder'), 'FFmpeg needs none of it');

  const off = cameras.map((camera) => ({ ...camera, enabled: false }));
  const disabled = await doctor(t, makeJetsonTree(t.testdir(), orinTree), [
    ...off,
    { id: 'c', source: 'sample:' },
  ]);
  t.equal(disabled.exitCode, 0);
  t.notOk(disabled.findings.has('argus') || disabled.findings.has('video decoder'));
});

t.test('files that cannot be read end nothing', async (t) => {
  const empty = Object.fromEntries(Object.keys(orinTree).map((path) => [path, '']));
  const model = { 'proc/device-tree/model': 'NVIDIA Jetson Orin NX\0' };
  const { findings, exitCode } = await doctor(t, makeJetsonTree(t.testdir(), { ...empty, ...model }));
  t.equal(exitCode, 0);
  t.equal(findings.get('jetson')?.found, 'NVIDIA Jetson Orin NX, a release of L4T that it does not name');
  t.notOk(findings.has('temperature') || findings.has('memory') || findings.has('swap'));
});

t.test('on a machine that is no Jetson there is no word of it', async (t) => {
  const cameras = [{ id: 'b', source: 'rtsp://192.0.2.7/1' }];
  const { findings } = await doctor(t, t.testdir(), cameras);
  t.ok(findings.has('decoders'));
  t.strictSame(
    ofJetsons.filter((check) => findings.has(check)),
    [],
  );
});
