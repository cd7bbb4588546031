import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { AgentError } from '../errors.js';

const require = createRequire(import.meta.url);
const packageRoot = resolve(import.meta.dirname, '../..');

/** Where a file of the native part may be, in the order they are tried. EDGE_POSE_NATIVE_DIR is for builds kept elsewhere. */
function candidates(file: string): string[] {
  const folders = [process.env.EDGE_POSE_NATIVE_DIR, join(packageRoot, 'build/native')];
  return folders.filter((folder) => folder !== undefined).map((folder) => join(folder, file));
}

/** Whether an addon of that name is there; it may still not load, and then says why. Nothing is loaded. */
export function hasAddon(name: string): boolean {
  return candidates(`${name}.node`).some((path) => existsSync(path));
}

/** Only "not found" tries the next place: a file that is there and does not load is the answer. Throws AgentError ENGINE_NOT_BUILT. */
export function loadAddon(name: string): unknown {
  const failures: string[] = [];
  for (const path of candidates(`${name}.node`)) {
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

/** A program of the native part. Throws AgentError ENGINE_NOT_BUILT. */
export function findProgram(name: string): string {
  const places = candidates(name);
  const path = places.find((place) => existsSync(place));
  if (path !== undefined) return path;
  throw new AgentError(
    'ENGINE_NOT_BUILT',
    `the native program ${name} is not there: ${places.join(', ')}; run ./scripts/build`,
  );
}
