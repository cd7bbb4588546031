import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { watchSource } from '../support/watch-source.js';

t.test('what an RTSP camera refuses is said in words of ours', { timeout: 30_000 }, async (t) => {
  for (const [status, words] of [
    ['503 Service Unavailable', /it answers with an error of its own \(5xx\)$/],
    ['406 Not Acceptable', /it refuses the request \(4xx\)$/],
    ['400 Bad Request', /it refuses the request \(4xx\)$/],
  ] as const) {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (request) => {
        const sequence = /CSeq: *(\d+)/i.exec(request.toString('latin1'))?.[1] ?? '1';
        socket.write(`RTSP/1.0 ${status}\r\nCSeq: ${sequence}\r\n\r\n`);
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    t.teardown(() => server.close());
    const source = `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
    const { error } = await watchSource(source, { frames: 1, timeoutMs: 8000 });
    t.match(error, { code: 'CAMERA_OPEN_FAILED', message: words }, status);
  }
});
