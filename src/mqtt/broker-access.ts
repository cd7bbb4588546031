import type { DeviceTopics } from './topics.js';
import { filtersOverlap, topicMatches } from './topics.js';

/** Who a client of the broker inside the agent is: the agent itself, who runs it, or anybody. */
export type Role = 'agent' | 'owner' | 'reader';

/** What anybody on the machine may read and only the agent has to say: no requests, answers or configurations. */
export class PublicTopics {
  readonly #filters: readonly string[];

  constructor({ base, state, info, stats, event, configReported, cameraStatuses }: DeviceTopics) {
    this.#filters = [state, info, stats, event, configReported, cameraStatuses, `${base}/cam/+/pose`];
  }

  has(topic: string): boolean {
    return this.#filters.some((filter) => topicMatches(filter, topic));
  }

  /** Whether a subscription would ever bring one of them. */
  overlaps(filter: string): boolean {
    return this.#filters.some((one) => filtersOverlap(one, filter));
  }
}
