import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runAgent } from '../support/agent-process.js';
import { startOnvifCamera } from '../support/onvif-camera.js';
import { startDiscovery } from '../support/onvif-discovery.js';

const login = { username: 'bob', password: 'c4n4ry' };
const profiles = [
  { token: 'p1', name: 'main stream', encoding: 'H264', width: 2688, height: 1520, fps: 25, path: '/main' },
  { token: 'p2', name: 'sub', encoding: 'H265', width: 640, height: 360, fps: 25, interval: 2, path: '/sub' },
  { token: 'p3', name: 'both', encoding: 'H264', width: 320, height: 180, fps: 5, path: '/3' },
  { token: 'p4', name: 'both', encoding: 'H264', width: 320, height: 180, fps: 5, path: '/4' },
];

async function startCamera(t: Test) {
  const camera = await startOnvifCamera({ profiles, streamPort: 554, login });
  t.teardown(() => camera.stop());
  const services = `http://127.0.0.1:${camera.port}/onvif/device_service`;
  const scopes = ['onvif://www.onvif.org/name/Front%20door', 'onvif://www.onvif.org/hardware/IPC-42'];
  const responder = await startDiscovery({ address: '127.0.0.1', services, scopes });
  t.teardown(() => responder.stop());
  return `onvif://127.0.0.1:${camera.port}/`;
}

function discover(...args: string[]) {
  return runAgent(['cameras', 'discover', '--interface', 'lo', '--wait', '1', ...args]);
}

function passwordFile(t: Test, text: string): string {
  const path = join(t.testdir(), 'camera.password');
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  return path;
}

t.test('cameras are listed with the line that configures each', async (t) => {
  const source = await startCamera(t);
  const { code, stdout, stderr } = await discover();
  t.equal(code, 0, stderr);
  t.match(stdout, `127.0.0.1  Front door  IPC-42\n  source: ${source}\n`);
  t.match(stdout, /With --username NAME --password-file FILE/);
});

t.test('with a login their streams are listed, too', async (t) => {
  const source = await startCamera(t);
  const args = ['--username', 'bob', '--password-file', passwordFile(t, login.password)];
  const { code, stdout, stderr } = await discover(...args);
  t.equal(code, 0, stderr);
  const rows = [
    `  H264  2688x1520  25 frames/s    source: ${source}?profile=main%20stream  (main stream)`,
    `  H265  640x360    12.5 frames/s  source: ${source}?profile=sub            (sub)`,
    `  H264  320x180    5 frames/s     source: ${source}?profile=p4             (both)`,
  ];
  for (const row of rows) t.ok(stdout.includes(`${row}\n`), `${row} in ${stdout}`);
  const json = await discover(...args, '--json');
  t.equal(json.code, 0, json.stderr);
  const camera = JSON.parse(json.stdout).find((one: { source: string }) => one.source === source);
  t.match(camera, { address: '127.0.0.1', name: 'Front door', hardware: 'IPC-42', error: null });
  t.same(camera.profiles[1], {
    name: 'sub',
    token: 'p2',
    encoding: 'H265',
    width: 640,
    height: 360,
    fps: 12.5,
    source: `${source}?profile=sub`,
  });
});

t.test('a camera that refuses the login is listed with why', async (t) => {
  const source = await startCamera(t);
  const args = ['--username', 'bob', '--password-file', passwordFile(t, 'wr0ng')];
  const { code, stdout, stderr } = await discover(...args);
  t.equal(code, 5);
  t.match(stdout, `source: ${source}\n`);
  t.match(stdout, /it refuses the request \(check user and password\) \(CAMERA_OPEN_FAILED\)/);
  t.notMatch(stdout + stderr, /wr0ng/);
});

t.test('where no camera answers, what to check is said', async (t) => {
  const { code, stdout, stderr } = await runAgent(['cameras', 'discover', '--wait', '0.3', '--json']);
  if (stdout.trim() !== '[]') return t.pass('there are cameras in this network');
  t.equal(code, 5);
  t.match(
    stderr,
    /error: no ONVIF camera answered on .* \(CAMERA_NONE_FOUND\)\n {2}Check that the camera is on/,
  );
});

t.test('wrong arguments', async (t) => {
  const cases: [args: string[], code: number, words: RegExp][] = [
    [['--password-file', 'x'], 2, /--password-file needs --username/],
    [['--interface', 'gone0'], 2, /no network interface gone0 with an IPv4 address; there are: /],
    [['--wait', 'x'], 2, /expected a number above 0/],
    [['--username', 'bob', '--password-file', '/nowhere/x'], 2, /--password-file: expected a file .*ENOENT/],
    [['--password', 'c4n4ry'], 2, /unknown option '--password'/],
  ];
  for (const [args, code, words] of cases) {
    const result = await runAgent(['cameras', 'discover', ...args]);
    t.equal(result.code, code, result.stderr);
    t.match(result.stderr, words);
  }
});
