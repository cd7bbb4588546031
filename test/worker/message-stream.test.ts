import { Duplex, PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { serialize } from 'node:v8';
import fc from 'fast-check';
import t from 'tap';
import { MessageStream } from '../../src/worker/message-stream.js';
import { waitFor } from '../support/wait-for.js';

const maxBytes = 1000;

function reading() {
  const pipe = new PassThrough();
  const seen = { messages: [] as unknown[], faults: [] as string[], ended: 0 };
  new MessageStream(pipe, {
    maxBytes,
    onMessage: (message) => seen.messages.push(message),
    onFault: (reason) => seen.faults.push(reason),
    onEnd: () => {
      seen.ended += 1;
    },
  });
  return { pipe, seen };
}

function framed(body: Buffer, length = body.length): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32LE(length);
  return Buffer.concat([header, body]);
}

t.test('messages arrive whole, however the pipe cuts them', async (t) => {
  const there = new PassThrough();
  const sender = new MessageStream(Duplex.from({ writable: there }), {
    maxBytes,
    onMessage() {},
    onFault() {},
  });
  const messages = [{ a: 1 }, null, Float32Array.of(1, Number.NaN, 3), 'x'.repeat(900)];
  for (const message of messages) sender.send(message);
  sender.end();
  const bytes: Buffer = Buffer.concat(await there.toArray());
  for (const size of [1, 3, 7, 64, bytes.length]) {
    const { pipe, seen } = reading();
    for (let at = 0; at < bytes.length; at += size) pipe.write(bytes.subarray(at, at + size));
    await turn();
    t.same(seen.messages, messages);
    t.same(seen.faults, []);
  }
});

t.test('what is no message is a fault, and the last that is read', async (t) => {
  const good = framed(serialize(1));
  for (const bad of [
    Buffer.alloc(4, 255),
    framed(Buffer.alloc(9, 7)),
    framed(serialize('x').subarray(0, 3)),
  ]) {
    const { pipe, seen } = reading();
    pipe.write(Buffer.concat([good, bad, good]));
    pipe.write(good);
    await turn();
    t.same(seen.messages, [1]);
    t.equal(seen.faults.length, 1);
  }
});

t.test('whatever comes, nothing is thrown', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 })), async (chunks) => {
      const { pipe } = reading();
      for (const chunk of chunks) pipe.write(framed(Buffer.concat([Buffer.from([255, 15]), chunk])));
      for (const chunk of chunks) pipe.write(chunk);
      await turn();
    }),
    { numRuns: 2000 },
  );
});

t.test('the end is told once', async (t) => {
  const { pipe, seen } = reading();
  pipe.destroy(new Error('broken'));
  await turn();
  t.equal(seen.ended, 1);
});

t.test('what comes in a pause waits, and loses nothing', async (t) => {
  const pipe = new PassThrough();
  const seen: unknown[] = [];
  const stream = new MessageStream(pipe, {
    maxBytes,
    onMessage: (message) => {
      seen.push(message);
      if (seen.length % 2 === 0) stream.pause(50);
    },
    onFault: (reason) => t.fail(reason),
  });
  const all = Array.from({ length: 6 }, (_, index) => index);
  pipe.write(Buffer.concat(all.slice(0, 5).map((index) => framed(serialize(index)))));
  await turn();
  t.same(seen, [0, 1]);
  pipe.write(framed(serialize(5)));
  await waitFor('the next', () => seen.length === 4);
  await waitFor('all', () => seen.length === 6);
  t.same(seen, all);
});
