import { configInEffect } from '../config/config-in-effect.js';
import type { ConfigSources, LoadedConfig } from '../config/config-sources.js';
import type { ConfigStore } from '../config/config-store.js';
import { AgentError } from '../errors.js';

/** An agent that was started so often within one probation went down with it each time. */
export const maxStartsOnProbation = 3;

export interface StartConfig extends LoadedConfig {
  /** What the log should say of how it was come by. */
  notices: readonly string[];
}

/**
 * The configuration to start with: the last document from afar over the local sources, as long as it lets the agent
 * live. One that brought it down again and again, or whose starts cannot be counted, is rolled back first: a start that
 * leaves no trace could be repeated without end.
 * Throws ConfigInvalidError where the local sources alone are not valid.
 */
export async function startConfig(sources: ConfigSources, store: ConfigStore): Promise<StartConfig> {
  const notices = [...store.notices, ...(await countStart(store))];
  const { loaded, document, rejected } = configInEffect(sources, store.state);
  const { active } = store.state;
  if (active?.phase === 'probation' && document?.version !== active.version) {
    notices.push(...(await rollBack(store, 'it is not valid any more with what this device has now')));
  }
  for (const { document, error } of rejected) {
    notices.push(`version ${document.version} from afar is not valid here any more: ${error.message}`);
  }
  return { ...loaded, notices: [...notices, ...loaded.warnings] };
}

async function countStart(store: ConfigStore): Promise<string[]> {
  if (store.state.active?.phase !== 'probation') return [];
  try {
    if ((await store.countStart()) <= maxStartsOnProbation) return [];
  } catch (error) {
    return rollBack(store, `its starts cannot be counted: ${unwritable(error)}`);
  }
  return rollBack(store, `the agent went down ${maxStartsOnProbation} times during its probation`);
}

async function rollBack(store: ConfigStore, reason: string): Promise<string[]> {
  const what = `version ${store.state.active?.version} from afar is rolled back`;
  try {
    await store.rollBack(reason);
    return [`${what}: ${reason}`];
  } catch (error) {
    return [`${what}, but that is not stored yet (${unwritable(error)}): ${reason}`];
  }
}

/** A full disk must not keep the agent from starting. */
function unwritable(error: unknown): string {
  if (!(error instanceof AgentError)) throw error;
  return error.message;
}
