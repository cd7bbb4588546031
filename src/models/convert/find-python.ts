import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { childEnvironment } from '../../child-environment.js';
import { AgentError } from '../../errors.js';

export interface Python {
  readonly command: string;
  /** As in `3.11`. */
  readonly version: string;
}

/** Those that every pinned package is built for. */
const versions = ['3.11', '3.12'];
const commands = ['python3', 'python3.12', 'python3.11'];
const question = 'import sys; print("%d.%d" % sys.version_info[:2]); import pip';

/** A Python on the PATH that the pinned packages exist for, and that has pip. Throws AgentError MODEL_CONVERTER_ABSENT. */
export async function findPython(): Promise<Python> {
  const found: string[] = [];
  for (const command of commands) {
    const answer = await ask(command);
    if (answer === undefined) continue;
    const { version, hasPip } = answer;
    if (versions.includes(version) && hasPip) return { command, version };
    found.push(`${command} is ${version}${hasPip ? '' : ' without pip'}`);
  }
  const seen = found.length === 0 ? 'there is no python3 on the PATH' : found.join(', ');
  const isMissing = found.length === 0 || found.some((one) => one.endsWith('without pip'));
  const remedy = isMissing
    ? 'apt-get install python3 python3-pip'
    : `put one of them on the PATH as python${versions[0]}`;
  throw new AgentError(
    'MODEL_CONVERTER_ABSENT',
    `Python ${versions.join(' or ')} with pip is needed, and ${seen}: ${remedy}`,
  );
}

async function ask(command: string): Promise<{ version: string; hasPip: boolean } | undefined> {
  try {
    const { stdout } = await promisify(execFile)(command, ['-c', question], { env: childEnvironment() });
    return { version: stdout.trim(), hasPip: true };
  } catch (error) {
    // It prints its version before it looks for pip.
    const { stdout } = error as { stdout?: string };
    return stdout === undefined || stdout === '' ? undefined : { version: stdout.trim(), hasPip: false };
  }
}
