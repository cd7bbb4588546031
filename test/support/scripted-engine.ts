import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What an addon does that builds plans; settings.json beside it says how long, and with which error. */
const script = `
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { createHash } = require('node:crypto');

exports.devices = async () => ({ version: '10.0', devices: [{ id: 'GPU.0', name: 'scripted' }] });
exports.inspect = async () => ({ inputs: [], outputs: [] });
exports.open = async (options, onProgress) => {
  const key = createHash('sha256').update(JSON.stringify(options)).digest('hex');
  const plan = options.cacheDir + '/tensorrt/' + key;
  if (!existsSync(plan)) await build(options.model, onProgress);
  mkdirSync(options.cacheDir + '/tensorrt', { recursive: true });
  writeFileSync(plan, '');
  return session;
};

async function build(file, onProgress) {
  const { buildSeconds, code } = JSON.parse(readFileSync(__dirname + '/settings.json', 'utf8'));
  const totalMs = buildSeconds * 1000;
  const begun = performance.now();
  for (;;) {
    const elapsedMs = performance.now() - begun;
    if (elapsedMs >= totalMs) break;
    onProgress({ file, fraction: elapsedMs / totalMs, elapsedMs });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  if (code) throw Object.assign(new Error('as the test says'), { code });
  onProgress({ file, fraction: 1, elapsedMs: totalMs });
}

const session = {
  info: { engineVersion: '10.0', deviceName: 'scripted', precision: 'f16', capacity: 1, inputWidth: 64, inputHeight: 64 },
  infer: async () => Float32Array.of(0, 0, 1, 0, NaN, NaN, 0, 18),
  measure: async () => ({ fps: 100, latencyP50Ms: 10, latencyP95Ms: 10, inferences: 10 }),
  forget: () => undefined,
  close: async () => undefined,
  leave: () => undefined,
};
`;

/**
 * The environment of an agent whose TensorRT is a script that builds plans for as long as the test says and sees
 * nobody; real ones take as long as they take. Node loads a folder named tensorrt.node by its package.json, as it loads
 * an addon of that name.
 */
export function scriptedEngine(
  folder: string,
  { buildSeconds, code = '' }: { buildSeconds: number; code?: string },
): NodeJS.ProcessEnv {
  const built = process.env.EDGE_POSE_NATIVE_DIR ?? resolve(import.meta.dirname, '../../build/native');
  const addon = join(folder, 'tensorrt.node');
  if (!existsSync(addon)) {
    mkdirSync(addon, { recursive: true });
    writeFileSync(join(addon, 'package.json'), JSON.stringify({ main: 'engine.cjs' }));
    writeFileSync(join(addon, 'engine.cjs'), script);
    symlinkSync(join(built, 'core.node'), join(folder, 'core.node'));
  }
  // Not by the environment: a worker gets little of it.
  writeFileSync(join(addon, 'settings.json'), JSON.stringify({ buildSeconds, code }));
  return { EDGE_POSE_NATIVE_DIR: folder };
}
