/**
 * Infers as fast as it can and ends in the middle: `node leave-inference.mjs OPTIONS HOW MS`, with the options of a
 * session as JSON. HOW it ends after MS: `exit` with code 7, `return` with nothing closed, `throw`, or `wait` for a
 * signal. Says `inferring` when the first frame is through. From dist/, which starts far faster than the sources.
 */
import { openSession } from '../../dist/engine/session.js';

const [options, how, ms] = process.argv.slice(2);
const width = 320;
const height = 240;
const session = await openSession('openvino', JSON.parse(options));
let left = false;

async function inferOn(camera) {
  for (let i = 0; !left; i++) {
    const pixels = new Uint8Array(width * height * 3).fill(127);
    await session.infer({ pixels, width, height, camera, timeMs: i * 33 });
    if (camera === 0 && i === 0) {
      process.stdout.write('inferring\n');
      setTimeout(leave, Number(ms));
    }
  }
}

function leave() {
  if (how === 'exit') process.exit(7);
  if (how === 'throw') throw new Error('left');
  if (how === 'return') left = true;
}

for (let camera = 0; camera < 2 * session.capacity; camera++) void inferOn(camera);
