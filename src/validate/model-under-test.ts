import type { ModelOpening } from '../agent/model-opening.js';
import { openModel } from '../agent/open-model.js';
import type { Config } from '../config/schema.js';
import type { EngineFrame, Session } from '../engine/session.js';
import type { ResolvedModel } from '../models/resolve.js';
import { type RawInstance, unpackInstances } from '../pose/packed-instances.js';
import { quantile } from './quantile.js';

/** A model, and the configuration that it is to run under: device, precision, options of its family. */
export interface ModelChoice {
  readonly config: Config;
  readonly model: ResolvedModel;
}

/** What ran, and how fast: one picture at a time, from pixels to people. */
export interface ModelRun {
  model: string;
  engine: string;
  device: string;
  precision: string;
  /** Null where there was no picture. */
  latency_ms: { p50: number | null; p95: number | null };
  fps: number | null;
}

/** An opened model that is given one picture after the other. */
export class ModelUnderTest {
  readonly #choice: ModelChoice;
  readonly #session: Session;
  readonly #latenciesMs: number[] = [];

  private constructor(choice: ModelChoice, session: Session) {
    this.#choice = choice;
    this.#session = session;
  }

  /** Throws what openModel() throws. */
  static async open(
    { config, model }: ModelChoice,
    onOpening?: (opening: ModelOpening) => void,
  ): Promise<ModelUnderTest> {
    return new ModelUnderTest({ config, model }, await openModel({ config, model, onOpening }));
  }

  /** People in pixels of the picture; those below the configuration's `pose.min_score` are left out. */
  async people(picture: Omit<EngineFrame, 'camera'>): Promise<RawInstance[]> {
    const begin = performance.now();
    const packed = await this.#session.infer({ ...picture, camera: 0 });
    this.#latenciesMs.push(performance.now() - begin);
    return unpackInstances(packed).filter(({ score }) => score >= this.#choice.config.pose.min_score);
  }

  /** The next picture has nothing to do with those before it. */
  forget(): void {
    this.#session.forget(0);
  }

  get run(): ModelRun {
    const { engine, deviceName, precision } = this.#session.info;
    // The first picture also warms the caches; it counts where it is the only one.
    const warm = this.#latenciesMs.length > 1 ? this.#latenciesMs.slice(1) : this.#latenciesMs;
    const totalMs = warm.reduce((sum, ms) => sum + ms, 0);
    return {
      model: this.#choice.model.name,
      engine,
      device: deviceName,
      precision,
      latency_ms: { p50: quantile(warm, 0.5), p95: quantile(warm, 0.95) },
      fps: warm.length === 0 ? null : (1000 * warm.length) / totalMs,
    };
  }

  async close(): Promise<void> {
    await this.#session.close();
  }
}
