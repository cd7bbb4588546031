import { join } from 'node:path';
import type { Config } from '../config/schema.js';
import type {
  BottomUpFamily,
  NativeBottomUp,
  NativeDetectorOptions,
  NativeInput,
  NativeTopDown,
  TopDownFamily,
} from '../engine/binding.js';
import { chooseDevice, chooseEngine } from '../engine/choose-engine.js';
import type { OpenSessionOptions } from '../engine/session.js';
import { AgentError } from '../errors.js';
import type { FileRole, NetworkInput } from '../models/catalog-schema.js';
import { readDecodeFacts } from '../models/decode-facts.js';
import type { DecoderFamily, DecodeSettings } from '../models/decode-options.js';
import type { ResolvedModel } from '../models/resolve.js';

/** How the engine is to open a model under a configuration. Throws AgentError MODEL_UNREADABLE, MODEL_SHAPE_MISMATCH,
 *  ENGINE_OPTION_INVALID. */
export function sessionSpec(config: Config, model: ResolvedModel): OpenSessionOptions {
  const { family } = model;
  if (family === 'heatmap') return topDown(family, config, model);
  if (family === 'simcc') return topDown(family, config, model);
  if (family === 'openpose') return bottomUp(family, config, model);
  if (family === 'associative-embedding') return bottomUp(family, config, model);
  if (family === 'trt-pose') return bottomUp(family, config, model);
  return {
    ...common(config, model),
    family,
    model: fileOf(model, 'landmarks'),
    detector: fileOf(model, 'detector'),
    maxPeople: config.model.max_people,
    smooth: config.model.smooth,
    staticImage: false,
  };
}

function common(config: Config, { sha512 }: ResolvedModel) {
  const { engine, device, precision, mode, threads, requests } = config.model;
  return {
    device: chooseDevice(chooseEngine(engine), device),
    precision: precision === 'auto' ? ('' as const) : precision,
    mode,
    threads,
    requests,
    cacheDir: join(config.state_dir, 'cache'),
    sha512,
  };
}

function fileOf(model: ResolvedModel, role: FileRole): string {
  const path = model.files[role];
  if (path === undefined) throw new AgentError('MODEL_UNREADABLE', `${model.id} has no ${role} file`);
  return path;
}

function inputOf(model: ResolvedModel, role: FileRole): NetworkInput {
  const input = model.inputs[role];
  if (input) return input;
  throw new AgentError('MODEL_UNREADABLE', `${model.id} does not say how its ${role} input is made`);
}

function bottomUp<Family extends BottomUpFamily>(
  family: Family,
  config: Config,
  model: ResolvedModel,
): NativeBottomUp<Family> {
  return {
    ...common(config, model),
    family,
    model: fileOf(model, 'xml'),
    input: nativeInput(inputOf(model, 'xml'), config.model.input_height),
    interpolation: 'linear',
    keypoints: model.skeleton.keypoints.length,
    outputs: model.outputs ?? {},
    decode: decodeSettings(
      family,
      model,
      family === 'openpose' ? { limb_ratio: config.model.limb_ratio } : {},
    ),
  };
}

function topDown<Family extends TopDownFamily>(
  family: Family,
  config: Config,
  model: ResolvedModel,
): NativeTopDown<Family> {
  return {
    ...common(config, model),
    family,
    model: fileOf(model, 'xml'),
    input: nativeInput(inputOf(model, 'xml')),
    keypoints: model.skeleton.keypoints.length,
    outputs: model.outputs ?? {},
    decode: decodeSettings(family, model),
    detector: detectorOf(model),
    boxScale: model.box_scale ?? 1.25,
    detectorInterval: config.model.detector_interval,
    keypointThreshold: 0.3,
    maxPeople: config.model.max_people,
  };
}

function detectorOf(model: ResolvedModel): NativeDetectorOptions {
  const { detector } = model;
  if (!detector) throw new AgentError('MODEL_UNREADABLE', `${model.id} does not say what its detector is`);
  const { kind, score_threshold, iou_threshold, yolo_scores, person_label, outputs } = detector;
  return {
    kind,
    model: fileOf(model, 'detector'),
    input: nativeInput(inputOf(model, 'detector')),
    scoreThreshold: score_threshold,
    iouThreshold: iou_threshold,
    yoloScores: yolo_scores ?? '',
    personLabel: person_label ?? -1,
    boxes: outputs.boxes ?? '',
    labels: outputs.labels ?? '',
  };
}

/** As manifests may have, px. */
const maxInputSide = 4096;

/** A height of the user's keeps the model's aspect, in whole strides. */
function nativeInput(input: NetworkInput, height?: number): NativeInput {
  const { stride, color, mean, scale, resize, pad = 0, batch = 1, name = '', layout = '' } = input;
  const whole = (pixels: number): number =>
    stride === undefined ? pixels : Math.round(pixels / stride) * stride;
  const inputHeight =
    stride !== undefined && height !== undefined ? Math.max(stride, whole(height)) : input.height;
  if (resize === 'rotated-crop') {
    throw new AgentError('MODEL_SHAPE_MISMATCH', 'rotated-crop is how BlazePose alone takes its input');
  }
  const inputWidth = whole((input.width * inputHeight) / input.height);
  if (Math.min(inputWidth, inputHeight) < 1 || Math.max(inputWidth, inputHeight) > maxInputSide) {
    const message = `model.input_height ${height} makes an input of ${inputWidth}x${inputHeight}: expected sides of 1 to ${maxInputSide}`;
    throw new AgentError('MODEL_SHAPE_MISMATCH', message);
  }
  return {
    width: inputWidth,
    height: inputHeight,
    color,
    mean: perChannel(mean),
    scale: perChannel(scale),
    batch,
    pad,
    resize,
    name,
    layout,
  };
}

function perChannel(value: number | readonly [number, number, number]): readonly [number, number, number] {
  return typeof value === 'number' ? [value, value, value] : value;
}

function decodeSettings<Family extends DecoderFamily>(
  family: Family,
  model: ResolvedModel,
  chosen: Readonly<Record<string, unknown>> = {},
): DecodeSettings[Family] {
  const { data, error } = readDecodeFacts(family, { ...chosen, ...model.decode });
  if (data) return data;
  const faults = (error?.issues ?? []).map(({ path, message }) => `decode.${path.join('.')}: ${message}`);
  throw new AgentError('MODEL_SHAPE_MISMATCH', `${model.id}: ${faults.join('; ')}`);
}
