import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { hasArgusSocket } from '../../src/jetson/has-argus-socket.js';
import { makeJetsonTree } from '../support/jetson-tree.js';

t.test('a socket, not a file of that name', async (t) => {
  const root = t.testdir();
  t.equal(await hasArgusSocket(root), false);
  t.equal(await hasArgusSocket(makeJetsonTree(t.testdir(), { 'tmp/argus_socket': '' })), false);
  const listening = t.testdir();
  mkdirSync(join(listening, 'tmp'));
  const server = createServer().listen(join(listening, 'tmp/argus_socket'));
  await once(server, 'listening');
  t.teardown(() => server.close());
  t.equal(await hasArgusSocket(listening), true);
});
