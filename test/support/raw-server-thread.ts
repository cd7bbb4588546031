import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const script = `
const { createServer } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', (request) => {
    const target = String(request).split(' ')[1] ?? '';
    const path = target.replace(/^[a-z]+:\\/\\/[^/]*/, '').split('?')[0];
    socket.write(workerData[path] ?? workerData['*'] ?? '');
    if (!target.startsWith('rtsp:')) socket.end();
  });
}).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/**
 * A server that answers the requests of HTTP and RTSP with the very bytes of their path, `*` for all others. It has a
 * thread of its own: OpenCV opens a stream on the thread that asks, and waits there.
 */
export async function startRawServer(
  answers: Record<string, string>,
): Promise<{ port: number; stop(): Promise<unknown> }> {
  const worker = new Worker(script, { eval: true, workerData: answers });
  const [port] = (await once(worker, 'message')) as [number];
  return { port, stop: () => worker.terminate() };
}
