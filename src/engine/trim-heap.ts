import { AgentError } from '../errors.js';
import { loadCore } from './load-addon.js';

/**
 * Gives memory that this process' C heap holds free back to the system: without it the size creeps up with every burst
 * of work, which looks like a leak. Does nothing where the addon is not built, which opening a session tells.
 */
export function trimHeap(): void {
  try {
    loadCore().trimHeap();
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
  }
}
