import { AgentError, type ErrorCode } from '../errors.js';
import type { DataPlane } from './data-plane.js';

/** What a new worker would run into again. */
export const permanentFailures: ReadonlySet<ErrorCode> = new Set([
  'ENGINE_NOT_BUILT',
  'ENGINE_DEVICE_ABSENT',
  'ENGINE_OPTION_INVALID',
  'MODEL_UNREADABLE',
  'MODEL_SHAPE_MISMATCH',
]);

export interface TrialOptions {
  plane: DataPlane;
  /** How long the deployment has to prove itself. */
  seconds: number;
  /** Cameras that were away before, and are configured as before: nobody blames the deployment for them. */
  excused: ReadonlySet<string>;
}

/** A new deployment on probation: good if its worker lives and every camera's frames came through by the end. */
export class Trial {
  /** Resolves with undefined where it passed, else with why not. */
  readonly failure: Promise<AgentError | undefined>;
  readonly #options: TrialOptions;
  readonly #timer: NodeJS.Timeout;
  #settle!: (failure: AgentError | undefined) => void;

  constructor(options: TrialOptions) {
    this.#options = options;
    this.failure = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#timer = setTimeout(() => this.#settle(this.#verdict()), options.seconds * 1000);
  }

  workerLost(error: AgentError): void {
    if (permanentFailures.has(error.code)) this.end(error);
  }

  /** Ends it before its time, with a failure. */
  end(failure: AgentError): void {
    clearTimeout(this.#timer);
    this.#settle(failure);
  }

  #verdict(): AgentError | undefined {
    const { plane, seconds, excused } = this.#options;
    const silent = plane.cameras.filter(
      ({ config: { id }, publisher }) => publisher.frames === 0 && !excused.has(id),
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
