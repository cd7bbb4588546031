import type { Config } from '../config/schema.js';
import { chooseEngine } from '../engine/choose-engine.js';
import { openSession, type Session } from '../engine/session.js';
import type { ResolvedModel } from '../models/resolve.js';
import { type ModelOpening, OpeningWatch } from './model-opening.js';
import { sessionSpec } from './session-spec.js';

export interface OpenModelOptions {
  config: Config;
  model: ResolvedModel;
  /** Where the engine first builds a plan: about once a second. */
  onOpening?: ((opening: ModelOpening) => void) | undefined;
  /** What is compiled is not kept. */
  uncached?: boolean | undefined;
}

/** Opens a model in this process, as a configuration says. Throws what openSession() and sessionSpec() throw. */
export function openModel({ config, model, onOpening, uncached }: OpenModelOptions): Promise<Session> {
  const watch = new OpeningWatch(model.id);
  const spec = sessionSpec(config, model);
  return openSession(
    chooseEngine(config.model.engine),
    uncached === true ? { ...spec, cacheDir: '' } : spec,
    onOpening && ((progress) => onOpening(watch.add(progress))),
  );
}
