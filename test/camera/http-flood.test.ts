import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t, { type Test } from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { readBody } from '../../src/camera/read-body.js';

/** Answers everybody with its first argument, and then with its second, as fast as it is taken. */
const flood = `
const [head, unit] = process.argv.slice(1).map((text) => JSON.parse(text));
const block = Buffer.from(unit.repeat(Math.ceil(262144 / unit.length)), 'latin1');
const server = require('node:net').createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => {
    socket.resume();
    socket.write(head, 'latin1');
    const go = () => { while (socket.write(block)); };
    socket.on('drain', go);
    go();
  });
}).listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

async function startFlood(t: Test, head: string, unit: string): Promise<number> {
  const child = spawn(process.execPath, ['-e', flood, JSON.stringify(head), JSON.stringify(unit)]);
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return Number(line);
}

const sleeping = new Int32Array(new SharedArrayBuffer(4));

/** What this process computes in one turn of its event loop, at most, while `work` goes on; ms of CPU time. */
async function longestTurn(work: Promise<unknown>, ms: number): Promise<number> {
  let longest = 0;
  let isOver = false;
  work.then(() => {
    isOver = true;
  });
  for (const begin = performance.now(); !isOver && performance.now() - begin < ms; ) {
    // What comes meanwhile is there at once then.
    Atomics.wait(sleeping, 0, 0, 30);
    const { user, system } = process.cpuUsage();
    await nextTurn();
    const now = process.cpuUsage();
    longest = Math.max(longest, (now.user + now.system - user - system) / 1000);
  }
  return longest;
}

const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = 'Transfer-Encoding: chunked\r\n';
const multipart = 'Content-Type: multipart/x-mixed-replace; boundary=a\r\n\r\n';
const floods: Record<string, [head: string, unit: string]> = {
  'pictures of one byte': [`${ok}${multipart}`, '--a\n\nX'],
  'pictures in small pieces': [`${ok}${chunked}${multipart}`, '8\r\n--a\n\nXX\n\r\n'],
  'a picture in pieces of one byte': [`${ok}${chunked}Content-Type: image/jpeg\r\n\r\n`, '1\r\n-\r\n'],
  'answers before the answer': ['', 'HTTP/1.1 100 a\r\n\r\n'],
};

for (const [what, [head, unit]] of Object.entries(floods)) {
  t.test(`${what}, as fast as they are taken, hold nothing else up`, async (t) => {
    const port = await startFlood(t, head, unit);
    let turn = 0;
    // What has to be loaded and compiled is not what it costs.
    for (const ms of [300, 1500]) {
      const source = createFrameSource(parseSource(`http://127.0.0.1:${port}/`));
      const reading = source.open().then(() => source.read());
      turn = await longestTurn(
        reading.catch(() => {}),
        ms,
      );
      await source.close();
    }
    t.ok(turn <= 100, `${turn.toFixed(0)} ms of CPU time in one turn of the event loop`);
  });
}

t.test('a body in pieces of one byte takes its own bytes, and not those of as many objects', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const bytes = 300_000;
  const block = Buffer.alloc(1);
  let taken = 0;
  function* pieces() {
    let before = 0;
    for (let at = 0; at < bytes; at++) {
      // What is compiled and set up on the way is there by then. As objects the rest takes 20 MB.
      if (at === bytes / 3) before = heap();
      yield block.subarray(0);
    }
    taken = heap() - before;
  }
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const answer = Readable.from(pieces(), { highWaterMark: 16 }) as IncomingMessage;
  const body = await readBody(answer, { maxBytes: bytes });
  t.equal(body.length, bytes);
  t.ok(taken < 5e6, `${(taken / 1e6).toFixed(1)} MB of objects`);
});
