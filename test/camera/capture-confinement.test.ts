import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import t from 'tap';
import { findProgram } from '../../src/native/find-native.js';
import { createPictureRing } from '../../src/native/picture-ring.js';

const someUser = 65_534;

t.test('a capture process shows its memory and environment to nobody of its user', async (t) => {
  const ring = createPictureRing(3, 4096);
  t.teardown(() => ring.close());
  const uid = process.getuid?.() === 0 ? someUser : (process.getuid?.() as number);
  const child = spawn(findProgram('pose-capture'), {
    uid,
    cwd: '/',
    env: {},
    stdio: ['pipe', 'pipe', 'ignore', ring.descriptor],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const input = child.stdin as Writable;
  input.on('error', () => {});
  input.write(`body\0jpeg\0parent\0${process.pid}\0\0`);
  // A picture that is none, of one byte; the answer comes when everything else is done.
  input.write(new Uint8Array(new BigInt64Array([0n, 0n, 1n, 0n, 0n, 0n]).buffer));
  input.write(Buffer.alloc(1));
  const [answer] = (await once(child.stdout as Readable, 'data')) as [Buffer];
  t.equal(String(answer), 'decoded\n');
  const at = `/proc/${child.pid}`;
  t.match(readFileSync(`${at}/status`, 'utf8'), /^Uid:\t(?!0\t)/m, 'it is a usual user');
  for (const name of ['mem', 'environ', 'maps']) t.equal(statSync(`${at}/${name}`).uid, 0, name);
});
