import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { loadEngine } from '../../src/engine/load-addon.js';
import { type OpenSessionOptions, openSession } from '../../src/engine/session.js';
import { blazeposeOptions } from '../support/blazepose-options.js';
import { type EngineUnderTest, enginesUnderTest } from '../support/engines.js';
import { openPoseOptions } from '../support/openpose-options.js';
import { emptyTensor } from '../support/own-model.js';
import { writeReplayModel } from '../support/replay-model.js';

const stateDir = mkdtempSync(join(tmpdir(), 'session-'));
t.teardown(() => rmSync(stateDir, { recursive: true }));
const width = 320;
const height = 240;

/** BlazePose, whose two networks follow people; a network of our own where ONNX alone is read. */
async function optionsOf(engine: EngineUnderTest): Promise<OpenSessionOptions> {
  if (engine.formats.includes('ir')) return blazeposeOptions(stateDir);
  const input = { batch: 1, height: 256, width: 256 };
  const outputs = [emptyTensor('heatmaps', [1, 19, 32, 32]), emptyTensor('pafs', [1, 38, 32, 32])];
  const path = await writeReplayModel({ folder: stateDir, name: 'own', format: 'onnx', input, outputs });
  return openPoseOptions(engine, path, input);
}

function grey(): Uint8Array {
  return new Uint8Array(width * height * 3).fill(127);
}

function conformance(engine: EngineUnderTest): void {
  const open = async () => openSession(engine.name, await optionsOf(engine));

  t.test(`${engine.name}: a session says what it runs on`, async (t) => {
    const session = await open();
    t.match(session.info, {
      engine: engine.name,
      engineVersion: /^\d+\./,
      inputWidth: 256,
      inputHeight: 256,
    });
    t.match(session.info.precision, /^(f32|bf16|f16)$/);
    t.ok(session.capacity >= 1);
    const ceiling = await session.measureCeiling(0.3);
    t.ok(
      ceiling.fps > 1 && ceiling.inferences > 0 && ceiling.latencyP50Ms > 0,
      'the bare network is measured',
    );
    await session.close();
  });

  t.test(`${engine.name}: frames beyond the capacity wait, and all are answered`, async (t) => {
    const session = await open();
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

  t.test(`${engine.name}: wrong pictures are refused`, async (t) => {
    const session = await open();
    const frame = { pixels: grey(), width, height, camera: 0, timeMs: 0 };
    await t.rejects(session.infer({ ...frame, pixels: new Uint8Array(10) }), {
      code: 'ENGINE_OPTION_INVALID',
      message: 'expected 230400 bytes of BGR for 320x240, found 10',
    });
    await t.rejects(session.infer({ ...frame, width: 0 }), { code: 'ENGINE_OPTION_INVALID' });
    await session.close();
  });

  t.test(`${engine.name}: close waits for what is in flight; afterwards everything is refused`, async (t) => {
    const session = await open();
    const pixels = grey();
    const pending = Array.from({ length: 6 }, (_, i) =>
      session.infer({ pixels, width, height, camera: 0, timeMs: i * 33 }),
    );
    await session.close();
    await session.close();
    t.equal((await Promise.all(pending)).length, 6);
    await t.rejects(session.infer({ pixels, width, height, camera: 0, timeMs: 0 }), {
      code: 'ENGINE_CLOSED',
    });
    await t.rejects(session.measureCeiling(1), { code: 'ENGINE_CLOSED' });
    session.forget(0);
  });

  t.test(`${engine.name}: close waits for a measurement`, async (t) => {
    const session = await open();
    const measuring = session.measureCeiling(0.5);
    let isMeasured = false;
    measuring.then(() => {
      isMeasured = true;
    });
    await session.close();
    t.ok(isMeasured);
    t.ok((await measuring).inferences > 0);
  });

  t.test(`${engine.name}: the addon itself closes under a measurement and frames in flight`, async (t) => {
    const native = await loadEngine(engine.name).open(await optionsOf(engine));
    const pixels = grey();
    const measuring = native.measure(0.5);
    const pending = Array.from({ length: 40 }, (_, i) => native.infer(pixels, width, height, i, 0));
    let settled = 0;
    for (const frame of pending) frame.then(() => settled++);
    await native.close();
    t.equal(settled, 40, 'every frame is answered first');
    t.ok((await measuring).inferences > 0);
    t.throws(() => native.measure(1), { code: 'ENGINE_CLOSED' });
  });
}

for (const engine of enginesUnderTest()) conformance(engine);
