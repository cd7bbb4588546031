import { join } from 'node:path';
import type { Config } from '../config/schema.js';
import type { OpenSessionOptions } from '../engine/session.js';
import { AgentError } from '../errors.js';
import type { ResolvedModel } from '../models/resolve.js';

/** How the engine is to open a model under a configuration. Throws AgentError MODEL_UNREADABLE. */
export function sessionSpec(config: Config, model: ResolvedModel): OpenSessionOptions {
  const { device, precision, mode, threads, requests } = config.model;
  const common = {
    device,
    precision: precision === 'auto' ? ('' as const) : precision,
    mode,
    threads,
    requests,
    cacheDir: join(config.state_dir, 'cache'),
  };
  if (model.family === 'blazepose') {
    return {
      ...common,
      family: 'blazepose',
      model: fileOf(model, 'landmarks'),
      detector: fileOf(model, 'detector'),
      maxPeople: config.model.max_people,
      smooth: config.model.smooth,
      staticImage: false,
    };
  }
  return { ...common, family: 'openpose', model: fileOf(model, 'xml'), ...openPoseInput(config, model) };
}
