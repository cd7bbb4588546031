import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import type { NativeBlazePoseOptions } from '../../src/engine/binding.js';
import { openSession } from '../../src/engine/session.js';
import { resolveInstalled } from '../../src/models/resolve.js';

const stateDir = mkdtempSync(join(tmpdir(), 'session-'));
t.teardown(() => rmSync(stateDir, { recursive: true }));
const width = 320;
const height = 240;

async function options(): Promise<NativeBlazePoseOptions> {
  const { files } = await resolveInstalled('blazepose-lite', { stateDir });
  return {
    family: 'blazepose',
    model: files.landmarks as string,
    detector: files.detector as string,
    device: 'CPU',
    precision: '',
    mode: 'throughput',
    threads: 0,
    requests: 0,
    cacheDir: join(stateDir, 'cache'),
    maxPeople: 4,
    smooth: true,
    staticImage: false,
  };
}

function grey(): Uint8Array {
  return new Uint8Array(width * height * 3).fill(127);
}

t.test('a session says what it runs on', async (t) => {
  const session = await openSession('openvino', await options());
  t.match(session.info, { engine: 'openvino', engineVersion: /^\d{4}\./, inputWidth: 256, inputHeight: 256 });
  t.match(session.info.precision, /^(f32|bf16|f16)$/);
  t.ok(session.capacity >= 1);
  const ceiling = await session.measureCeiling(0.3);
  t.ok(ceiling.fps > 1 && ceiling.inferences > 0 && ceiling.latencyP50Ms > 0, 'the bare network is measured');
  await session.close();
});

t.test('frames beyond the capacity wait, and all are answered', async (t) => {
  const session = await openSession('openvino', await options());
  const pixels = grey();
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      session.infer({ pixels, width, height, camera: i % 2, timeMs: i * 33 }),
    ),
  );
  t.equal(results.length, 40);
  t.ok(results.every((packed) => packed instanceof Float32Array && packed.length >= 6));
  await session.close();
});

t.test('wrong pictures are refused', async (t) => {
  const session = await openSession('openvino', await options());
  const frame = { pixels: grey(), width, height, camera: 0, timeMs: 0 };
  await t.rejects(session.infer({ ...frame, pixels: new Uint8Array(10) }), {
    code: 'ENGINE_OPTION_INVALID',
    message: 'expected 230400 bytes of BGR for 320x240, found 10',
  });
  await t.rejects(session.infer({ ...frame, width: 0 }), { code: 'ENGINE_OPTION_INVALID' });
  await session.close();
});

t.test('close waits for what is in flight; afterwards everything is refused', async (t) => {
  const session = await openSession('openvino', await options());
  const pixels = grey();
  const pending = Array.from({ length: 6 }, (_, i) =>
    session.infer({ pixels, width, height, camera: 0, timeMs: i * 33 }),
  );
  await session.close();
  await session.close();
  t.equal((await Promise.all(pending)).length, 6);
  await t.rejects(session.infer({ pixels, width, height, camera: 0, timeMs: 0 }), { code: 'ENGINE_CLOSED' });
  await t.rejects(session.measureCeiling(1), { code: 'ENGINE_CLOSED' });
  session.forget(0);
});

t.test('opened and closed again and again, memory does not grow', async (t) => {
  const cycle = async (): Promise<void> => {
    const session = await openSession('openvino', await options());
    await session.infer({ pixels: grey(), width, height, camera: 0, timeMs: 0 });
    await session.close();
  };
  for (let i = 0; i < 5; i++) await cycle();
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 15; i++) await cycle();
  const grown = (process.memoryUsage.rss() - before) / 2 ** 20;
  // A leaked model would show as more than 10 MiB each.
  t.ok(grown < 60, `15 more sessions: ${grown.toFixed(1)} MiB`);
});

t.test('a process that ends during inference ends cleanly', { timeout: 120_000 }, async (t) => {
  const given = JSON.stringify(await options());
  const addon = resolve(import.meta.dirname, '../../build/native/openvino.node');
  const script = `
    const session = await require(${JSON.stringify(addon)}).open(${given});
    const pixels = new Uint8Array(${width * height * 3});
    for (let i = 0; i < 8; i++) session.infer(pixels, ${width}, ${height}, i % 2, i * 33);
    setTimeout(() => process.exit(7), Number(process.argv[1]));`;
  for (const delay of [0, 1, 3, 5, 8, 13, 21, 34]) {
    const { status, signal, stderr } = spawnSync(
      process.execPath,
      ['-e', `(async () => {${script}})()`, String(delay)],
      { encoding: 'utf8' },
    );
    t.equal(signal, null, `after ${delay} ms: no signal ${stderr}`);
    t.equal(status, 7, `after ${delay} ms: its own exit code`);
  }
});
