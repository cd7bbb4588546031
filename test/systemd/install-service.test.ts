import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import t from 'tap';
import { requireProgram } from '../support/require-program.js';

const repository = resolve(import.meta.dirname, '../..');
const script = join(repository, 'scripts/install-service');
const isRoot = process.getuid?.() === 0;
const unit = '/etc/systemd/system/edge-pose-agent.service';
const config = '/etc/edge-pose-agent/config.yaml';
const model = '/var/lib/edge-pose-agent/model';
/** Tenths, as systemd-analyze counts. */
const exposureLimit = 15;

/** The agent with its libraries is some hundred MB, which need not go to the disk where memory can hold them. */
const memory = existsSync('/dev/shm') ? statfsSync('/dev/shm') : undefined;
const roomy = memory !== undefined && memory.bavail * memory.bsize > 2 ** 30;
/** A system tree with what the unit refers to, and nothing of the agent. */
const tree = mkdtempSync(join(roomy ? '/dev/shm' : tmpdir(), 'install-service-'));
t.teardown(() => rmSync(tree, { recursive: true }));
const at = (path: string): string => join(tree, path);
mkdirSync(at('etc'));
writeFileSync(at('etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
writeFileSync(at('etc/group'), 'root:x:0:\nvideo:x:44:\n');
const systemUnits = ['/usr/lib/systemd/system', '/lib/systemd/system'].find((path) => existsSync(path));
if (systemUnits)
  cpSync(systemUnits, at('usr/lib/systemd/system'), { recursive: true, verbatimSymlinks: true });
mkdirSync(dirname(at(process.execPath)), { recursive: true });
copyFileSync('/bin/sh', at(process.execPath)); // for `verify`, any program in Node's place is as good

function run(command: string, args: readonly string[], options: { uid?: number } = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    ...options,
  });
  return { status, output: stdout + stderr };
}

const install = (...args: string[]) => run(script, ['--root', tree, ...args]);

/** Every path with its kind, mode, size, times and link target. */
function snapshot(): string[] {
  return run('find', [tree, '-printf', '%P %y %m %s %T@ %C@ %l\n']).output.split('\n').sort();
}

function releases(): string[] {
  return readdirSync(at('opt')).filter((name) => name !== 'edge-pose-agent');
}

t.test('a dry run says what it would do and changes nothing', async (t) => {
  const before = snapshot();
  const { status, output } = install('--dry-run', '--csi');
  t.equal(status, 0, output);
  t.match(output, new RegExp(`would write ${tree}${unit}\n`));
  t.match(output, /would copy the agent to .*\/opt\/edge-pose-agent-[0-9a-f]{12}\n/);
  t.match(output, /would write .*service\.d\/csi\.conf/);
  t.strictSame(snapshot(), before);
});

t.test('it installs the agent, its configuration and its unit', async (t) => {
  const { status, output } = install('--csi', '--cloud-broker');
  t.equal(status, 0, output);
  t.equal(readlinkSync(at('opt/edge-pose-agent')), releases()[0], 'the agent is a link to its release');
  t.equal(readlinkSync(at(join(dirname(unit), 'multi-user.target.wants/edge-pose-agent.service'))), unit);
  t.same(readdirSync(at(`${unit}.d`)), ['cloud-broker.conf', 'csi.conf']);
  t.notOk(existsSync(at('opt/edge-pose-agent/node_modules/typescript')), 'no tools of development');
  t.match(output, /the broker's password is in \/etc\/edge-pose-agent\/mqtt-password/, 'what is left to do');
  const writable = run('find', [at('opt'), '-perm', '/022', '-not', '-type', 'l']).output;
  t.equal(writable, '', 'nobody but root may write in it');
});

t.test('the configuration is for the service’s group alone', { skip: !isRoot && 'needs root' }, async (t) => {
  const group = /^edge-pose-config:x:(\d+):/m.exec(readFileSync(at('etc/group'), 'utf8'))?.[1];
  t.match(readFileSync(at('etc/group'), 'utf8'), /^render:/m, 'every group that the unit names is there');
  for (const [path, mode] of [
    [config, 0o640],
    [dirname(config), 0o2750],
  ] as const) {
    const stat = statSync(at(path));
    t.same({ mode: stat.mode & 0o7777, uid: stat.uid, gid: String(stat.gid) }, { mode, uid: 0, gid: group });
  }
});

t.test('systemd finds nothing wrong in the installed tree, and little exposed', async (t) => {
  const analyze = {
    program: 'systemd-analyze',
    needs: 'systemd-analyze of systemd 250 or later: apt-get install systemd',
    accepts: (version: string) => Number(/^systemd (\d+)/.exec(version)?.[1]) >= 250,
  };
  if (!requireProgram(t, analyze)) return;
  for (const dropIns of ['csi and cloud-broker', 'lan-only too']) {
    if (dropIns === 'lan-only too') t.equal(install('--lan-only').status, 0);
    const verified = run('systemd-analyze', ['verify', `--root=${tree}`, 'edge-pose-agent.service']);
    t.same(verified, { status: 0, output: '' }, `systemd-analyze verify, with ${dropIns}`);
    const { status, output } = run('systemd-analyze', [
      'security',
      '--offline=true',
      `--threshold=${exposureLimit}`,
      `--root=${tree}`,
      'edge-pose-agent.service',
    ]);
    const exposure = Number(/exposure level for edge-pose-agent\.service: ([\d.]+)/.exec(output)?.[1]);
    t.comment(`exposure with ${dropIns}: ${exposure}`);
    t.equal(status, 0, 'systemd-analyze security');
    t.ok(exposure * 10 <= exposureLimit, `exposure ${exposure}, at most ${exposureLimit / 10}`);
  }
});

t.test('the installed agent runs', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'installed-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'config.yaml');
  writeFileSync(
    file,
    `{ model: { id: blazepose-lite }, mqtt: { embedded_port: 0 }, state_dir: ${folder}/state }`,
  );
  const agent = [at('opt/edge-pose-agent/bin/node'), at('opt/edge-pose-agent/dist/cli/main.js')] as const;
  const { status, output } = run(agent[0], [agent[1], 'run', '--config', file, '--frames', '3']);
  t.equal(status, 0, output);
  t.match(output, /First pose:/);
  for (const program of ['pose-capture', 'pose-capture-opencv']) {
    accessSync(at(`opt/edge-pose-agent/build/native/${program}`), constants.X_OK);
  }
  t.match(
    run(agent[0], [agent[1], 'config', 'check', at(config)]),
    { status: 0 },
    'its configuration is valid',
  );
});

t.test('a second run changes nothing', async (t) => {
  const before = snapshot();
  const { status, output } = install();
  t.equal(status, 0, output);
  t.match(output, /nothing to do: the service is installed and up to date/);
  t.strictSame(snapshot(), before);
});

t.test('an update keeps what belongs to the box', async (t) => {
  const own = '{ device_id: mine }\n';
  writeFileSync(at(config), own);
  writeFileSync(at(unit), '# of an older version\n');
  writeFileSync(at(`${unit}.d/csi.conf`), '# of an older version\n');
  rmSync(at(`${unit}.d/cloud-broker.conf`));
  rmSync(at(join(dirname(unit), 'multi-user.target.wants/edge-pose-agent.service')));
  for (const name of ['0123456789ab', '0123456789ab.new', 'notes'])
    mkdirSync(at(`opt/edge-pose-agent-${name}`));
  const { status, output } = install();
  t.equal(status, 0, output);
  t.equal(readFileSync(at(config), 'utf8'), own);
  const shipped = (name: string) => readFileSync(join(repository, 'systemd', name), 'utf8');
  t.equal(readFileSync(at(unit), 'utf8'), shipped('edge-pose-agent.service'));
  t.equal(readFileSync(at(`${unit}.d/csi.conf`), 'utf8'), shipped('edge-pose-agent.service.d/csi.conf'));
  t.same(
    readdirSync(at(`${unit}.d`)),
    ['csi.conf', 'lan-only.conf'],
    'a drop-in that was removed stays away',
  );
  t.same(
    readdirSync(at(join(dirname(unit), 'multi-user.target.wants'))),
    [],
    'and what was disabled stays so',
  );
  const current = readlinkSync(at('opt/edge-pose-agent'));
  t.same(releases(), [current, 'edge-pose-agent-notes'].sort(), 'older releases are gone');
});

t.test('uninstalling keeps configuration and state, a purge does not', async (t) => {
  mkdirSync(dirname(at(model)), { recursive: true });
  writeFileSync(at(model), 'of the box');
  writeFileSync(at(`${unit}.d/override.conf`), '[Service]\n');
  const before = snapshot();
  t.match(install('--uninstall', '--purge', '--dry-run').output, /would remove .*\/etc\/edge-pose-agent\n/);
  t.strictSame(snapshot(), before, 'a dry run removes nothing');

  const { status, output } = install('--uninstall');
  t.equal(status, 0, output);
  const left = run('find', [tree, '-name', '*pose*', '-not', '-path', '*/opt/edge-pose-agent-notes']).output;
  t.same(
    left
      .trim()
      .split('\n')
      .map((path) => path.slice(tree.length))
      .sort(),
    ['/etc/edge-pose-agent', `${unit}.d`, '/var/lib/edge-pose-agent'],
  );
  t.ok([config, model, `${unit}.d/override.conf`].every((path) => existsSync(at(path))));
  t.match(install('--uninstall'), { status: 0, output: /nothing to do: the service is not installed/ });
  t.match(install('--uninstall', '--purge'), { status: 0 });
  t.notOk([config, model, `${unit}.d`].some((path) => existsSync(at(path))));
  t.ok(existsSync(at('opt/edge-pose-agent-notes')), 'what somebody else put there stays');
});

t.test('what cannot work is refused before anything is changed', async (t) => {
  const before = snapshot();
  t.match(install('--purge'), { status: 1, output: 'error: --purge goes with --uninstall' });
  t.match(install('--node', 'node'), { status: 1, output: 'error: --node needs an absolute path' });
  t.match(install('--nonsense'), { status: 2, output: /^usage: / });
  mkdirSync(at('opt/edge-pose-agent'));
  t.match(install(), { status: 1, output: /opt\/edge-pose-agent is not a link to a release: move it away/ });
  t.ok(lstatSync(at('opt/edge-pose-agent')).isDirectory());
  rmSync(at('opt/edge-pose-agent'), { recursive: true });
  t.equal(snapshot().length, before.length);

  const bare = t.testdir({ scripts: {} });
  copyFileSync(script, join(bare, 'scripts/install-service'));
  chmodSync(join(bare, 'scripts/install-service'), 0o755);
  const unbuilt = run(join(bare, 'scripts/install-service'), ['--root', tree]);
  t.match(unbuilt, {
    status: 1,
    output: `error: ${realpathSync(bare)} is not built: run ./scripts/build first`,
  });
});

t.test('without root it says how to go on', async (t) => {
  const { status, output } = run(script, [], isRoot ? { uid: 65_534 } : {});
  t.equal(status, 1);
  t.match(
    output,
    /^error: changing this system needs root: use sudo, look first with --dry-run, or name another/,
  );
});

t.test('the scripts are free of shell traps', async (t) => {
  if (!requireProgram(t, { program: 'shellcheck', needs: 'shellcheck: apt-get install shellcheck' })) return;
  t.same(run('shellcheck', [script, join(repository, 'systemd/pose-agent')]), { status: 0, output: '' });
});
