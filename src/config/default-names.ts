import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';

/** Where this machine's own facts are read from. */
export interface MachineFacts {
  hostname?: string;
  machineIdFile?: string;
}

/**
 * The name of this box: its host name as [a-z0-9-] and six hex digits of the SHA-256 of its machine id, or of its
 * host name where it has none. The same at every start.
 */
export function defaultDeviceId(facts: MachineFacts = {}): string {
  const host = facts.hostname ?? hostname();
  let identity = `host ${host}`;
  try {
    identity = readFileSync(facts.machineIdFile ?? '/etc/machine-id', 'utf8').trim() || identity;
  } catch {
    // Minimal containers have no machine id.
  }
  const slug = host
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 57)
    .replace(/^-|-$/g, '');
  const digest = createHash('sha256').update(identity).digest('hex').slice(0, 6);
  return `${slug || 'edge'}-${digest}`;
}

/** The folder for what outlives a restart. systemd may list several, separated by colons: the first is ours. */
export function defaultStateDir(environment: NodeJS.ProcessEnv): string {
  const fromSystemd = environment.STATE_DIRECTORY?.split(':')[0];
  if (fromSystemd) return fromSystemd;
  const base = environment.XDG_STATE_HOME;
  // The specification says that a relative path is to be ignored.
  if (base?.startsWith('/')) return join(base, 'edge-pose-agent');
  return join(environment.HOME || homedir(), '.local/state/edge-pose-agent');
}
