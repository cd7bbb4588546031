import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { loadCore } from '../../src/engine/load-addon.js';
import type { AgentError } from '../../src/errors.js';
import { ServiceNotifier } from '../../src/systemd/service-notifier.js';
import { NotifySocket } from '../support/notify-socket.js';

const send = loadCore().notifyServiceManager;

/** A path short enough for a socket. */
function socketPath(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'notify-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return join(folder, 'socket');
}

async function listen(t: Test, address = socketPath(t)): Promise<NotifySocket> {
  const socket = await NotifySocket.open(address);
  t.teardown(() => socket.close());
  return socket;
}

for (const kind of ['path', 'abstract']) {
  t.test(`ready, status and stopping reach a socket with a name of the kind: ${kind}`, async (t) => {
    const socket = await listen(t, kind === 'path' ? undefined : `@edge-pose-agent-test-${process.pid}`);
    const notifier = ServiceNotifier.fromEnvironment({ NOTIFY_SOCKET: socket.address }, { send });
    notifier.ready();
    notifier.status('2 cameras online');
    notifier.status('2 cameras online');
    notifier.status('front:\noffline');
    notifier.stopping();
    await socket.count(4);
    t.same(socket.texts, ['READY=1', 'STATUS=2 cameras online', 'STATUS=front: offline', 'STOPPING=1']);
  });
}

t.test('children do not inherit the variables', async (t) => {
  const environment = { PATH: '/bin', NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' };
  ServiceNotifier.fromEnvironment(environment, { send });
  t.same(environment, { PATH: '/bin' });
  process.env.NOTIFY_SOCKET = '/run/x';
  ServiceNotifier.fromEnvironment(process.env, { send });
  t.equal(spawnSync('printenv', ['NOTIFY_SOCKET']).status, 1, 'nor where it is the process’s own');
});

t.test('nothing is sent where nobody asked', async (t) => {
  const sent: string[] = [];
  const collect = (_: string, text: string): void => {
    sent.push(text);
  };
  const alone = ServiceNotifier.fromEnvironment({ WATCHDOG_USEC: '1000' }, { send: collect });
  alone.ready();
  alone.status('well');
  alone.startWatchdog(() => true);
  const without = { NOTIFY_SOCKET: '/run/x' };
  const watchdogs = [
    {},
    { WATCHDOG_USEC: '0' },
    { WATCHDOG_USEC: 'x' },
    { WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' },
  ];
  for (const watchdog of watchdogs) {
    ServiceNotifier.fromEnvironment({ ...without, ...watchdog }, { send: collect }).startWatchdog(() => true);
  }
  await sleep(50);
  t.same(sent, []);
});

t.test('the watchdog is pinged at half of its limit or sooner', async (t) => {
  const socket = await listen(t);
  const limitMs = 600;
  const environment = {
    NOTIFY_SOCKET: socket.address,
    WATCHDOG_USEC: String(limitMs * 1000),
    WATCHDOG_PID: String(process.pid),
  };
  ServiceNotifier.fromEnvironment(environment, { send }).startWatchdog(() => true);
  await socket.count(6);
  t.same(new Set(socket.texts), new Set(['WATCHDOG=1']));
  const pauses = socket.received.slice(1).map(({ atMs }, i) => atMs - (socket.received[i]?.atMs ?? 0));
  const longest = Math.max(...pauses);
  t.ok(longest <= limitMs / 2, `the longest pause was ${longest.toFixed(0)} of ${limitMs} ms`);
});

t.test('an unhealthy service is silent, until it is well again', async (t) => {
  const socket = await listen(t);
  let healthy = true;
  const environment = { NOTIFY_SOCKET: socket.address, WATCHDOG_USEC: '60000' };
  ServiceNotifier.fromEnvironment(environment, { send }).startWatchdog(() => healthy);
  await socket.count(2);
  healthy = false;
  await sleep(100); // what was sent before has arrived by then
  const before = socket.received.length;
  await sleep(600);
  t.equal(socket.received.length, before, 'ten limits long nothing came');
  healthy = true;
  await socket.count(before + 2);
});

t.test('a blocked event loop is silent', async (t) => {
  const socket = await listen(t);
  const program = resolve(import.meta.dirname, '../support/watchdog-process.ts');
  const child = spawn(process.execPath, ['--import=tsx', program], {
    env: { ...process.env, NOTIFY_SOCKET: socket.address, WATCHDOG_USEC: '90000' },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  t.teardown(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  await socket.count(10);
  t.same(socket.texts.slice(0, 2), ['READY=1', 'WATCHDOG=1']);
  child.stdin.write('block\n');
  await sleep(500);
  const before = socket.received.length;
  await sleep(900);
  t.equal(socket.received.length, before, 'ten limits long nothing came');
  t.equal(child.exitCode, null, 'though the process lives');
});

t.test('a socket that is not there is told once, and again after it was', async (t) => {
  const address = socketPath(t);
  const failures: AgentError[] = [];
  const notifier = ServiceNotifier.fromEnvironment(
    { NOTIFY_SOCKET: address },
    { send, onFailure: (error) => failures.push(error) },
  );
  notifier.ready();
  notifier.status('one');
  t.equal(failures.length, 1);
  t.match(failures[0], { code: 'NOTIFY_FAILED' });
  t.equal(failures[0]?.message, `systemd could not be told READY: ${address}: No such file or directory`);
  const socket = await listen(t, address);
  notifier.status('two');
  await socket.count(1);
  await socket.close();
  notifier.status('three');
  t.equal(failures.length, 2);
  t.match(failures[1]?.message, /STATUS: .*Connection refused/);
});

t.test('an address that no socket can have is refused', async (t) => {
  for (const address of ['', `/${'x'.repeat(108)}`]) {
    t.throws(() => send(address, 'READY=1'), { code: 'NOTIFY_FAILED' });
  }
});
