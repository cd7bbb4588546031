import type { Refusal } from '../config/desired-document.js';
import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import type { ResolvedModel } from '../models/resolve.js';
import { modelRefusal } from './model-refusal.js';
import { publishedSkeleton } from './published-skeleton.js';

/** What is said against a configuration that wants keypoints of which the model has none; undefined for nothing. */
export function skeletonRefusal(config: Config, model: ResolvedModel): Refusal | undefined {
  try {
    publishedSkeleton(config, model);
    return undefined;
  } catch (error) {
    if (error instanceof AgentError) return modelRefusal(error);
    throw error;
  }
}
