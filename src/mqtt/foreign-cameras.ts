import { idPattern } from './topics.js';

export interface ForeignCamerasOptions {
  /** True for the id of a camera that is configured. */
  readonly isCamera: (id: string) => boolean;
  /** Takes back what is retained on a topic. */
  readonly clear: (topic: string) => void;
}

/** As many as may be configured. */
const maxPerConnection = 16;
/** What is retained beyond these is somebody's play, and is left to them. */
const maxTopics = 256;

/**
 * A broker goes on telling of a camera that was taken out of the configuration while the agent was not there: its
 * status is cleared. Each once, and no more than so many a connection: whoever may write below `cam/` could have the
 * agent do nothing else.
 */
export class ForeignCameras {
  readonly #options: ForeignCamerasOptions;
  readonly #cleared = new Set<string>();
  #thisConnection = 0;

  constructor(options: ForeignCamerasOptions) {
    this.#options = options;
  }

  connected(): void {
    this.#thisConnection = 0;
  }

  /** A status of a camera as the broker tells it. */
  saw(topic: string, payload: Buffer, { retain }: { retain: boolean }): void {
    const id = topic.split('/').at(-2) as string;
    if (!retain || payload.length === 0 || !idPattern.test(id) || this.#options.isCamera(id)) return;
    if (this.#cleared.has(topic) || this.#cleared.size >= maxTopics) return;
    if (this.#thisConnection >= maxPerConnection) return;
    this.#thisConnection += 1;
    this.#cleared.add(topic);
    this.#options.clear(topic);
  }
}
