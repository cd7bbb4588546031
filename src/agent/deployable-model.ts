import type { Config } from '../config/schema.js';
import { type ResolvedModel, resolveInstalled } from '../models/resolve.js';
import { publishedSkeleton } from './published-skeleton.js';

/**
 * The model that a configuration names, if it is here and its poses can be published as the configuration says.
 * Throws AgentError as resolveInstalled does, and SKELETON_MISMATCH.
 */
export async function deployableModel(config: Config): Promise<ResolvedModel> {
  const model = await resolveInstalled(config.model.id, { stateDir: config.state_dir });
  publishedSkeleton(config, model);
  return model;
}
