import { AgentError } from '../errors.js';

/** What `doctor` found out in one check. `note`: absent, and not needed by this configuration, or worth knowing. */
export interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'note' | 'failed';
  readonly found: string;
  readonly remedy: string | null;
}

export function ok(check: string, found: string): Finding {
  return { check, verdict: 'ok', found, remedy: null };
}

/** Runs one check; what it throws is the finding. */
export async function examine(check: string, run: () => Promise<string> | string): Promise<Finding> {
  try {
    return ok(check, await run());
  } catch (error) {
    const remedy = error instanceof AgentError ? error.remedy : null;
    return { check, verdict: 'failed', found: (error as Error).message, remedy };
  }
}
