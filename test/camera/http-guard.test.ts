import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { HttpGuard } from '../../src/camera/http-guard.js';
import { maxPlaylistBytes } from '../../src/camera/playlist.js';
import { localPolicy } from '../../src/network/source-policy.js';
import { cpuMsUpTo } from '../support/cpu-ms.js';

/** A camera that answers every path with the playlist that it is given, the guard before it, and requests by way of that. */
async function guarded(t: Test) {
  let playlist = '';
  const answer = (_: IncomingMessage, response: ServerResponse): unknown =>
    response.writeHead(200, { 'content-type': 'application/vnd.apple.mpegurl' }).end(playlist);
  const camera = createServer(answer).listen(0, '127.0.0.1');
  await once(camera, 'listening');
  const { port } = camera.address() as AddressInfo;
  const endpoint = { tls: false, host: '127.0.0.1', port };
  const guard = new HttpGuard({ endpoint, policy: localPolicy, description: 'a camera', timeoutMs: 2000 });
  const proxy = await guard.listen();
  t.teardown(() => {
    guard.close();
    camera.close();
    camera.closeAllConnections();
  });
  const ask = async (path: string): Promise<{ status: number | undefined; body: string }> => {
    const [response] = (await once(get({ host: '127.0.0.1', port: proxy, path }), 'response')) as [
      IncomingMessage,
    ];
    return { status: response.statusCode, body: await text(response) };
  };
  const read = (given: string) => {
    playlist = `#EXTM3U\n${given}`;
    return ask(`http://127.0.0.1:${port}/live.m3u8`);
  };
  return { guard, port, ask, read };
}

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('');

t.test('what a playlist costs', async (t) => {
  const { guard, read, port } = await guarded(t);
  /** Of a whole answer, with both servers in this process. */
  const limitMs = 200;
  const comments = lines(45_000, (index) => `#https://${index.toString(36)}.x/`);
  const ms = await cpuMsUpTo(limitMs, async () => {
    t.ok((await read(comments)).body === `#EXTM3U\n${comments}`, 'comments are no addresses');
  });
  t.ok(ms <= limitMs, `${Math.round(ms)} ms with 45,000 names in comments`);

  const segments = (server: string): string => lines(30_000, (index) => `${server}/${index}.ts`);
  const own = await cpuMsUpTo(limitMs, async () => {
    t.ok((await read(segments('https://cdn'))).body === `#EXTM3U\n${segments('http://cdn:443')}`);
  });
  t.ok(own <= limitMs, `${Math.round(own)} ms with 30,000 segments of one server`);
  t.equal((await read(segments(`http://127.0.0.1:${port}`))).status, 200);
  t.equal(guard.failure, undefined);

  const names = lines(30_000, (index) => `https://${index}.x/`);
  const many = await cpuMsUpTo(limitMs, async () => {
    t.equal((await read(names)).status, 502, 'no playlist needs so many servers');
  });
  t.ok(many <= limitMs, `${Math.round(many)} ms with 30,000 servers`);
  t.match(guard.failure, { code: 'CAMERA_OPEN_FAILED', message: /its playlist names more than 64 servers/ });
});

t.test('a playlist that is too large', async (t) => {
  const { guard, read } = await guarded(t);
  t.equal((await read('#'.repeat(maxPlaylistBytes))).status, 502);
  t.match(guard.failure, { message: /its playlist has more than 1048576 bytes/ });
});

t.test('of the servers that a camera names over https the newest are remembered', async (t) => {
  const { ask, read, port } = await guarded(t);
  const hellos: string[] = [];
  const other = createTcpServer((socket) => {
    socket
      .on('error', () => {})
      .once('data', (data) => {
        hellos.push(data[0] === 0x16 ? 'TLS' : data.toString('latin1', 0, 4));
        socket.destroy();
      });
  }).listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const name = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  const hello = async (): Promise<string | undefined> => {
    await ask(`http://${name}/`);
    return hellos.pop();
  };
  const named = (time: number): string => lines(60, (index) => `https://${time}.${index}.x/`);
  t.equal(await hello(), 'GET ');
  await read(`https://${name}/x`);
  for (let time = 0; time < 20; time++) {
    await read(named(time));
    t.equal(await hello(), 'TLS', 'it is in use');
  }
  for (let time = 0; time < 20; time++) await read(named(time));
  t.equal(await hello(), 'GET ', 'it is forgotten');
  await read(`https://127.0.0.1:${port}/x`);
  t.match(await read(''), { status: 200 }, 'the camera itself is what it was from the beginning');
});
