import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { EngineName } from '../config/engine-devices.js';
import { AgentError } from '../errors.js';
import type { CoreBinding, EngineBinding } from './binding.js';

const require = createRequire(import.meta.url);
const packageRoot = resolve(import.meta.dirname, '../..');

/** Where an addon may be, in the order they are tried. EDGE_POSE_NATIVE_DIR is for builds kept elsewhere. */
function candidates(name: string): string[] {
  const folders = [process.env.EDGE_POSE_NATIVE_DIR, join(packageRoot, 'build/native')];
  return folders.filter((folder) => folder !== undefined).map((folder) => join(folder, `${name}.node`));
}

/** Only "not found" tries the next place: a file that is there and does not load is the answer. */
function load(name: string): unknown {
  const failures: string[] = [];
  for (const path of candidates(name)) {
    try {
      return require(path);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      failures.push(`${path}: ${code === 'MODULE_NOT_FOUND' ? 'not there' : message}`);
      if (code !== 'MODULE_NOT_FOUND') break;
    }
  }
  throw new AgentError(
    'ENGINE_NOT_BUILT',
    `the native addon ${name} cannot be loaded:\n  ${failures.join('\n  ')}`,
  );
}

/** Whether an addon of that name is there; it may still not load, and then says why. Nothing is loaded. */
export function isBuilt(name: EngineName): boolean {
  return candidates(name).some((path) => existsSync(path));
}

/** The decoders. Throws AgentError ENGINE_NOT_BUILT. */
export function loadCore(): CoreBinding {
  return load('core') as CoreBinding;
}

/** One inference runtime; never another than the one asked for. Throws AgentError ENGINE_NOT_BUILT. */
export function loadEngine(name: EngineName): EngineBinding {
  return load(name) as EngineBinding;
}
