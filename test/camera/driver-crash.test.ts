import { chmodSync } from 'node:fs';
import t, { type Test } from 'tap';
import { createReconnectingSource } from '../../src/camera/create-frame-source.js';
import type { FfmpegDecoder } from '../../src/camera/ffmpeg-decoder.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { waitFor } from '../support/wait-for.js';

/** Its graphics driver crashes, in every process that loads it. */
const program = `#!${process.execPath}
process.stdin.once('data', (spec) => {
  const decoder = /decoder\\0(\\w+)/.exec(spec)[1];
  if (decoder === 'software') process.stdout.write('failed decoded on the CPU\\n', () => process.exit(1));
  else process.stdout.write('decoder vaapi\\n', () => process.kill(process.pid, 'SIGSEGV'));
});
`;

process.env.EDGE_POSE_NATIVE_DIR = t.testdir({ 'pose-capture': program });
chmodSync(`${process.env.EDGE_POSE_NATIVE_DIR}/pose-capture`, 0o755);

async function firstFailures(t: Test, decoder: FfmpegDecoder) {
  const notices: string[] = [];
  const reasons: string[] = [];
  const source = createReconnectingSource(
    parseSource('srt://127.0.0.1:9'),
    { decoder, onNotice: (text) => notices.push(text) },
    { onStatus: ({ reason }) => reason !== '' && reasons.push(reason) },
  );
  t.teardown(() => source.close());
  let failures = 0;
  void source.read();
  await waitFor('failures', () => {
    failures = source.reopenings;
    return failures >= 2;
  });
  return { notices, reasons };
}

t.test(
  'a camera whose graphics driver crashes is decoded on the CPU from then on',
  { skip: process.arch !== 'x64' && 'auto is the CPU here' },
  async (t) => {
    const { notices, reasons } = await firstFailures(t, 'auto');
    t.match(reasons, [/crashed \(SIGSEGV\)/, /decoded on the CPU/]);
    t.match(notices, [/^it is decoded on the CPU from now on: its process crashed or hung/]);
    t.equal(notices.length, 1);
  },
);

t.test('where the graphics unit was asked for it is tried again', async (t) => {
  const { notices, reasons } = await firstFailures(t, 'vaapi');
  t.match(reasons, [/crashed \(SIGSEGV\)/]);
  t.same(notices, []);
});
