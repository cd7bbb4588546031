import type { Config } from '../config/schema.js';
import type { ResolvedModel } from '../models/resolve.js';
import { publishedSkeleton } from './published-skeleton.js';
import { runnableModel } from './runnable-model.js';

/**
 * The model that a configuration names, if it is here, its engine reads it, and its poses can be published as the
 * configuration says; `proving` as in resolveInstalled. Throws AgentError as runnableModel does, and SKELETON_MISMATCH.
 */
export async function deployableModel(config: Config, proving?: string | null): Promise<ResolvedModel> {
  const model = await runnableModel(config, proving);
  publishedSkeleton(config, model);
  return model;
}
