import { AgentError, type ErrorCode } from '../errors.js';
import type { DataPlane } from './data-plane.js';
import { openLimitSeconds } from './open-limit.js';

/** What a new worker would run into again. */
export const permanentFailures: ReadonlySet<ErrorCode> = new Set([
  'ENGINE_NOT_BUILT',
  'ENGINE_DEVICE_ABSENT',
  'ENGINE_OPTION_INVALID',
  'ENGINE_CACHE_UNSAFE',
  'MODEL_CHECKSUM_MISMATCH',
  'MODEL_FORMAT_UNSUPPORTED',
  'MODEL_UNREADABLE',
  'MODEL_SHAPE_MISMATCH',
]);

export interface TrialOptions {
  plane: Pick<DataPlane, 'cameras' | 'supervisorState'>;
  /** How long the deployment has to prove itself, from when its model is open. */
  seconds: number;
  /** How long its model may take to open. */
  openLimitSeconds?: number | undefined;
  /** Cameras that were away before, and are configured as before: nobody blames the deployment for them. */
  excused: ReadonlySet<string>;
}

/** A new deployment on probation: good if its worker lives and every camera's frames came through by the end. */
export class Trial {
  /** Resolves with undefined where it passed, else with why not. */
  readonly failure: Promise<AgentError | undefined>;
  readonly #options: TrialOptions;
  #timer: NodeJS.Timeout;
  #open = false;
  /** What had come through of cameras that were running before. */
  readonly #framesBefore = new Map<string, number>();
  #settle!: (failure: AgentError | undefined) => void;

  constructor(options: TrialOptions) {
    this.#options = options;
    this.failure = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const limit = options.openLimitSeconds ?? openLimitSeconds;
    this.#timer = setTimeout(
      () => this.#settle(new AgentError('TRIAL_FAILED', `the model was not open after ${limit} s`)),
      limit * 1000,
    );
    if (options.plane.supervisorState === 'running') this.opened();
  }

  /** The model is open. Its first time counts: a worker that is replaced is on the same probation. */
  opened(): void {
    if (this.#open) return;
    this.#open = true;
    for (const { config, publisher } of this.#options.plane.cameras) {
      this.#framesBefore.set(config.id, publisher.frames);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(this.#verdict()), this.#options.seconds * 1000);
  }

  workerLost(error: AgentError): void {
    // One that hung before its model was open did not wait for a camera.
    const hungOpening = error.code === 'WORKER_HUNG' && !this.#open;
    if (hungOpening || permanentFailures.has(error.code)) this.end(error);
  }

  /** Ends it before its time, with a failure. */
  end(failure: AgentError): void {
    clearTimeout(this.#timer);
    this.#settle(failure);
  }

  /** The same, but only where the model is not open yet; returns whether. */
  endOpening(failure: AgentError): boolean {
    if (this.#open) return false;
    this.end(failure);
    return true;
  }

  #verdict(): AgentError | undefined {
    const { plane, seconds, excused } = this.#options;
    const silent = plane.cameras.filter(
      ({ config: { id }, publisher }) =>
        publisher.frames === (this.#framesBefore.get(id) ?? 0) && !excused.has(id),
    );
    if (silent.length > 0) {
      const names = silent.map(({ config: { id } }) => id).join(', ');
      return new AgentError('TRIAL_FAILED', `no frame of ${names} came through within ${seconds} s`);
    }
    if (plane.supervisorState === 'opening' || plane.supervisorState === 'waiting') {
      return new AgentError('TRIAL_FAILED', `the worker was not running after ${seconds} s`);
    }
    return undefined;
  }
}
