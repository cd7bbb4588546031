import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { Test } from 'tap';
import { AgentError } from '../../src/errors.js';
import { type Environment, prepareEnvironment } from '../../src/models/convert/environment.js';
import { absent } from './absent.js';

/** One for all tests and for good: installing it takes minutes on a slow line. */
export const environments =
  process.env.POSE_AGENT_CONVERT_ENV ?? resolve(import.meta.dirname, '../../.runtime/convert');

/**
 * The converter's Python packages, installed where they are not yet. Where this machine's Python is none for them the test is
 * skipped aloud.
 */
export async function requireConverter(
  t: Pick<Test, 'pass' | 'fail'>,
  layer: 'convert' | 'quantize',
): Promise<Environment | undefined> {
  try {
    return await prepareEnvironment({ folder: environments, for: layer });
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return absent(t, `the converter's Python packages: ${error.message}: ${error.remedy}`);
  }
}

/** Runs Python code with the converter's packages and its own modules; returns what it prints. */
export function runPython({ python, path }: Environment, code: string, args: readonly string[]): string {
  const PYTHONPATH = [...path, join(import.meta.dirname, '../../scripts/convert')].join(':');
  const env = { PATH: process.env.PATH, PYTHONPATH };
  return execFileSync(python, ['-S', '-B', '-c', code, ...args], { env, encoding: 'utf8' });
}
