import { AgentError } from '../errors.js';
import type { Catalog, ModelEntry } from './catalog.js';
import { effectiveVersion, type SlotsState, updateEntry, updateName, versionsOf } from './slots-state.js';

/**
 * The model that a name means on this machine: `model@version` an installed update; a model's bare name the version
 * of it that counts, where it came as an update; everything else is the catalog's.
 * Throws AgentError MODEL_UNKNOWN, MODEL_NOT_INSTALLED.
 */
export function findModel(name: string, state: SlotsState, catalog: Catalog): ModelEntry {
  const exact = state.updates.find(({ manifest }) => updateName(manifest) === name);
  const update = exact ?? effectiveVersion(state, name);
  if (update !== undefined) return updateEntry(update);
  const [newest] = versionsOf(state, name);
  if (newest !== undefined && !catalog.knows(name)) {
    const version = updateName(newest.manifest);
    const reason = newest.status === 'new' ? 'it was never activated' : 'it was rolled back';
    throw new AgentError(
      'MODEL_NOT_INSTALLED',
      `${name} is here as ${version}, which is not in use: ${reason}`,
    );
  }
  return catalog.find(
    name,
    state.updates.map(({ manifest }) => updateName(manifest)),
  );
}
