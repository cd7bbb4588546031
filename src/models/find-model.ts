import { AgentError } from '../errors.js';
import { type AddedModels, findAdded } from './added-models.js';
import type { Catalog, ModelEntry } from './catalog.js';
import { effectiveVersion, type SlotsState, updateEntry, updateName, versionsOf } from './slots-state.js';

/** Every model that this machine knows. */
export interface KnownModels {
  readonly catalog: Catalog;
  readonly state: SlotsState;
  readonly added: AddedModels;
}

/**
 * The model that a name means on this machine: `model@version` an installed update; the name of a model that was added
 * here; a model's bare name the version of it that counts, where it came as an update; everything else is the
 * catalog's. Throws AgentError MODEL_UNKNOWN, MODEL_NOT_INSTALLED, MODEL_MANIFEST_INVALID.
 */
export function findModel(name: string, { catalog, state, added }: KnownModels): ModelEntry {
  const exact = state.updates.find(({ manifest }) => updateName(manifest) === name);
  if (exact !== undefined) return updateEntry(exact);
  const own = findAdded(name, added);
  if (own !== undefined) return own;
  const update = effectiveVersion(state, name);
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
  return catalog.find(name, [
    ...state.updates.map(({ manifest }) => updateName(manifest)),
    ...added.manifests.map(({ model }) => model),
  ]);
}
