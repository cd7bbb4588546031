import { join } from 'node:path';
import type { Config } from '../config/schema.js';
import type { NativeOpenPoseOptions } from '../engine/binding.js';
import type { OpenSessionOptions } from '../engine/session.js';
import { AgentError } from '../errors.js';
import type { FileRole } from '../models/catalog-schema.js';
import type { ResolvedModel } from '../models/resolve.js';

/** How the engine is to open a model under a configuration. Throws AgentError MODEL_UNREADABLE, CONFIG_INVALID. */
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

function fileOf(model: ResolvedModel, role: FileRole): string {
  const path = model.files[role];
  if (path === undefined) throw new AgentError('MODEL_UNREADABLE', `${model.id} has no ${role} file`);
  return path;
}

/** Input and decoder of an OpenPose network. A height of the user's keeps the model's aspect. */
function openPoseInput(
  config: Config,
  model: ResolvedModel,
): Omit<
  NativeOpenPoseOptions,
  'model' | 'family' | 'device' | 'precision' | 'mode' | 'threads' | 'requests' | 'cacheDir'
> {
  const input = model.inputs.xml;
  if (!input) throw new AgentError('MODEL_UNREADABLE', `${model.id} does not say how its input is made`);
  const { stride = 8, color, mean, scale } = input;
  const inputHeight = config.model.input_height ?? input.height;
  const inputWidth = Math.round((input.width * inputHeight) / input.height / stride) * stride;
  return {
    inputWidth,
    inputHeight,
    color,
    mean: perChannel(mean),
    scale: perChannel(scale),
    heatmaps: model.outputs?.heatmaps ?? '',
    pafs: model.outputs?.pafs ?? '',
    interpolation: 'linear',
    peakThreshold: 0.1,
    limbRatio: config.model.limb_ratio,
  };
}

function perChannel(value: number | readonly [number, number, number]): readonly [number, number, number] {
  return typeof value === 'number' ? [value, value, value] : value;
}
