import { ConfigInvalidError } from './config-problem.js';
import type { ConfigSources, LoadedConfig } from './config-sources.js';
import type { StoredDocument, StoredState } from './stored-state.js';

export interface ConfigInEffect {
  loaded: LoadedConfig;
  /** The document from afar that is part of it; null for the local configuration alone. */
  document: StoredDocument | null;
  /** Why a stored document is not: the local configuration has changed since, or the schema with a new agent. */
  rejected: { document: StoredDocument; error: ConfigInvalidError }[];
}

/**
 * What a starting agent runs: the active document over the local configuration, else the last good one, else the local
 * configuration alone. Throws ConfigInvalidError where that is not valid by itself.
 */
export function configInEffect(sources: ConfigSources, state: StoredState): ConfigInEffect {
  const local = sources.effective();
  const rejected: ConfigInEffect['rejected'] = [];
  const candidates = local.config.control.remote_config ? [state.active, state.lastGood] : [];
  for (const [index, document] of candidates.entries()) {
    if (document === null || candidates[index - 1]?.version === document.version) continue;
    try {
      return { loaded: sources.effective(document.config), document, rejected };
    } catch (error) {
      if (!(error instanceof ConfigInvalidError)) throw error;
      rejected.push({ document, error });
    }
  }
  return { loaded: local, document: null, rejected };
}
