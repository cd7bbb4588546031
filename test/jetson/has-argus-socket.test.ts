import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { hasArgusSocket } from '../../src/jetson/has-argus-socket.js';
import { makeJetsonTree } from '../support/jetson-tree.js';

t.test('a socket, not a file of that name', async (t) => {
  const root = t.testdir();
  t.equal(await hasArgusSocket(root), false);
  t.equal(await hasArgusSocket(makeJetsonTree(t.testdir(), { 'tmp/argus_socket': '' })), false);
  // Not of tap's folder: a socket's path has at most 107 bytes.
  const listening = mkdtempSync(join(tmpdir(), 'argus-'));
  t.teardown(() => rmSync(listening, { recursive: true }));
  mkdirSync(join(listening, 'tmp'));
  const server = createServer().listen(join(listening, 'tmp/argus_socket'));
  await once(server, 'listening');
  t.teardown(() => server.close());
  t.equal(await hasArgusSocket(listening), true);
});
