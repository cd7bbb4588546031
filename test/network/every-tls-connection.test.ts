import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { createServer } from 'node:tls';
import t from 'tap';
import { requestCamera } from '../../src/camera/request-camera.js';
import { httpGet } from '../../src/models/http-get.js';
import { openBrokerStream } from '../../src/mqtt/broker-stream.js';
import { TestCertificates } from '../support/test-certificates.js';

const root = resolve(import.meta.dirname, '../..');

/** Every file that begins a TLS connection, and how: it is to reject where the server does not prove itself. */
const connections: Record<string, (port: number) => Promise<unknown>> = {
  'src/camera/connect-camera.ts': (port) =>
    requestCamera({
      endpoint: { tls: true, host: '127.0.0.1', port },
      policy: { remote: false, hosts: [] },
      url: new URL(`https://127.0.0.1:${port}/`),
      headers: { authorization: 'c4nary' },
      description: 'a camera',
      timeoutMs: 2000,
      signal: new AbortController().signal,
    }),
  'src/models/http-get.ts': (port) =>
    httpGet(`https://127.0.0.1:${port}/`, {
      headers: { authorization: 'c4nary' },
      signal: AbortSignal.timeout(2000),
    }),
  'src/mqtt/broker-stream.ts': (port) => {
    const socket = openBrokerStream({
      host: '127.0.0.1',
      port,
      secure: true,
      username: undefined,
      password: undefined,
    });
    socket.write('c4nary');
    return once(socket, 'secureConnect');
  },
};

t.test('every TLS connection of the agent is in the list', async (t) => {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) =>
      /from 'node:(tls|https)'|import\('node:(tls|https)'\)|\bfetch\(/.test(readFileSync(file, 'utf8')),
    );
  t.same(files.map((file) => relative(root, file)).sort(), Object.keys(connections).sort());
});

t.test('none says anything to a server that does not prove itself', async (t) => {
  const certificates = new TestCertificates();
  const { cert, key } = certificates.authority('self-signed');
  t.teardown(() => certificates.remove());
  const heard: string[] = [];
  const pem = { cert: readFileSync(cert), key: readFileSync(key) };
  const server = createServer(pem, (socket) => {
    socket.on('error', () => {}).on('data', (data) => heard.push(data.toString()));
  });
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { NODE_TLS_REJECT_UNAUTHORIZED: before } = process.env;
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  });
  for (const value of ['1', '0']) {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = value;
    for (const [file, connect] of Object.entries(connections)) {
      await t.rejects(connect(port), /self.signed|SELF_SIGNED|certificate/i, `${file}, variable ${value}`);
    }
  }
  t.same(heard, []);
});
