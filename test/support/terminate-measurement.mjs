/**
 * Measures a session's network for SECONDS in a thread of its own, with frames in flight, and puts an end to that thread:
 * `node terminate-measurement.mjs OPTIONS SECONDS`, with the options of a session as JSON. Prints what became of it.
 * From dist/, which starts far faster than the sources.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { loadEngine } from '../../dist/engine/load-addon.js';

const [width, height] = [320, 240];

if (isMainThread) {
  const [options, seconds] = process.argv.slice(2);
  const thread = new Worker(new URL(import.meta.url), { workerData: { options, seconds: Number(seconds) } });
  thread.once('message', () => setTimeout(() => thread.terminate(), 100));
  thread.once('exit', (code) => process.stdout.write(`ended with ${code}\n`));
} else {
  const session = await loadEngine('openvino').open(JSON.parse(workerData.options));
  const pixels = new Uint8Array(width * height * 3).fill(127);
  session.measure(workerData.seconds).catch(() => {});
  for (let i = 0; i < 40; i++) session.infer(pixels, width, height, i, 0).catch(() => {});
  parentPort.postMessage('measuring');
  setInterval(() => {}, 1000);
}
