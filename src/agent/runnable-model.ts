import type { Config } from '../config/schema.js';
import { chooseDevice, chooseEngine } from '../engine/choose-engine.js';
import { isBuilt } from '../engine/load-addon.js';
import { reads, requireReadable } from '../engine/readable-formats.js';
import { networkRoles } from '../models/catalog.js';
import { type ResolvedModel, resolveInstalled } from '../models/resolve.js';

/**
 * The model that a configuration names, if it is here and the engine of the configuration reads it. `auto` passes over
 * models that it does not read, but not over the one that was activated.
 * `proving` is that of resolveInstalled. Throws AgentError as resolveInstalled does, ENGINE_OPTION_INVALID, MODEL_FORMAT_UNSUPPORTED.
 */
export async function runnableModel(config: Config, proving?: string | null): Promise<ResolvedModel> {
  const engine = chooseEngine(config.model.engine);
  chooseDevice(engine, config.model.device);
  const options = { stateDir: config.state_dir, proving };
  // That it is not here is said when it is loaded, and counts for more than what it would read.
  if (!isBuilt(engine)) return resolveInstalled(config.model.id, options);
  const isReadable = (path: string): boolean => reads(engine, path);
  const model = await resolveInstalled(config.model.id, { ...options, isReadable });
  for (const role of networkRoles) {
    const path = model.files[role];
    if (path !== undefined) requireReadable(engine, path, model.name);
  }
  return model;
}
