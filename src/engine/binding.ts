import type { DecoderFamily, DecodeSettings } from '../models/decode-options.js';
import type { ModelOutline } from '../models/model-outline.js';
import type { PictureFormat } from '../native/picture-format.js';

/** The native addons, named and typed; native/addon implements them. What is called with other types or sizes throws a
 *  TypeError or RangeError. */

/** A tensor as native code takes it; `data` is row-major. */
export interface NativeTensor {
  data: Float32Array;
  shape: readonly number[];
}

/** build/native/core.node: decoders without any inference runtime. */
export interface CoreBinding {
  /** Packed instances (native/addon/pack.h) in network-input pixels; `tensors` by role, copied before it returns. */
  decode<Family extends DecoderFamily>(
    family: Family,
    tensors: Readonly<Record<string, NativeTensor>>,
    settings: DecodeSettings[Family],
  ): Promise<Float32Array>;
  /** The kernel kills this process once its parent is gone. */
  dieWithParent(): void;
  /** Frees the memory of a buffer now, where no other view and no other thread shares it; its length is 0 from then on. */
  freeBuffer(buffer: Uint8Array): void;
  /** Other processes of this user cannot read this process's memory or environment any more, and cannot trace it. */
  hideMemory(): void;
  /** One datagram to the unix socket at a path, or at an abstract `@name`; blocks for at most a second. Throws an
   *  Error with the code NOTIFY_FAILED. */
  notifyServiceManager(address: string, text: string): void;
  /** Gives memory that the C heap holds free back to the system; about a millisecond. */
  trimHeap(): void;
}

/** What every family needs to be opened. */
interface NativeOpenOptions {
  /** Main network's file. */
  model: string;
  device: string;
  /** '' leaves it to the device. */
  precision: '' | 'f32' | 'bf16' | 'f16';
  mode: 'latency' | 'throughput';
  /** 0: from the processors this process may use. */
  threads: number;
  /** 0: what the engine holds best. */
  requests: number;
  /** '' for no cache of compiled models. */
  cacheDir: string;
  /** In hexadecimal, by path: a file of the model with other bytes is refused. Files without one are taken as they are. */
  sha512?: Readonly<Record<string, string>>;
}

/** How pictures become a network's input: resized, in `color` order, (value - mean) / scale a colour channel. */
export interface NativeInput {
  width: number;
  height: number;
  color: 'bgr' | 'rgb';
  mean: readonly [number, number, number];
  scale: readonly [number, number, number];
  /** Pictures an inference. */
  batch: number;
  /** Level around a letterboxed picture, 0 to 255. */
  pad: number;
  resize: 'letterbox-top-left' | 'letterbox-centre' | 'stretch' | 'crop';
  /** The input's own, to be compared with the file's; '' for whatever it is. */
  name: string;
  layout: '' | 'NCHW' | 'NHWC';
}

interface NativeDecodedOptions<Family extends DecoderFamily> extends NativeOpenOptions {
  family: Family;
  input: NativeInput;
  /** Output names by role; a role without one is found by its own name or its shape. */
  outputs: Readonly<Record<string, string>>;
  decode: DecodeSettings[Family];
  /** Keypoints a person; a network that gives another number is refused. */
  keypoints: number;
}

export type BottomUpFamily = 'openpose' | 'associative-embedding' | 'trt-pose';
export type TopDownFamily = 'heatmap' | 'simcc';

export interface NativeBottomUp<Family extends BottomUpFamily> extends NativeDecodedOptions<Family> {
  interpolation: 'linear' | 'cubic';
}

export type NativeBottomUpOptions = { [Family in BottomUpFamily]: NativeBottomUp<Family> }[BottomUpFamily];

export interface NativeDetectorOptions {
  kind: 'ssd' | 'yolo' | 'blazepose';
  /** The detector's file. */
  model: string;
  input: NativeInput;
  scoreThreshold: number;
  iouThreshold: number;
  /** YOLO: what precedes a box's class scores; '' tells it by the shape. */
  yoloScores: '' | 'classes' | 'objectness';
  /** -1: what the kind usually has. */
  personLabel: number;
  /** Output names; '' finds them by their shapes. */
  boxes: string;
  labels: string;
}

export interface NativeTopDown<Family extends TopDownFamily> extends NativeDecodedOptions<Family> {
  detector: NativeDetectorOptions;
  /** How much larger than its person a crop is. */
  boxScale: number;
  /** Frames from one look of the detector to the next. */
  detectorInterval: number;
  /** Least score of a keypoint that carries a person's box on. */
  keypointThreshold: number;
  maxPeople: number;
}

export type NativeTopDownOptions = { [Family in TopDownFamily]: NativeTopDown<Family> }[TopDownFamily];

export interface NativeBlazePoseOptions extends NativeOpenOptions {
  family: 'blazepose';
  detector: string;
  maxPeople: number;
  smooth: boolean;
  staticImage: boolean;
}

export type NativeSessionOptions = NativeBottomUpOptions | NativeTopDownOptions | NativeBlazePoseOptions;

export interface NativeSessionInfo {
  engineVersion: string;
  deviceName: string;
  precision: string;
  capacity: number;
  inputWidth: number;
  inputHeight: number;
}

export interface NativeCeiling {
  fps: number;
  latencyP50Ms: number;
  latencyP95Ms: number;
  inferences: number;
}

/** The part of a picture that is looked at, px; how it is then turned, clockwise, and then mirrored to stand upright. */
export interface NativePictureView {
  left: number;
  top: number;
  width: number;
  height: number;
  rotate: 0 | 90 | 180 | 270;
  flip: 'none' | 'horizontal' | 'vertical';
}

export interface NativeSession {
  readonly info: NativeSessionInfo;
  /** `format` is BGR where left out. `pixels` is not copied: until the promise settles it must not change, and its memory must
   *  not be moved or freed. Without `view` all of it is looked at, as it is; places are those of the whole picture. */
  infer(
    pixels: Uint8Array,
    width: number,
    height: number,
    camera: number,
    timeMs: number,
    view?: NativePictureView,
    format?: PictureFormat,
  ): Promise<Float32Array>;
  measure(seconds: number): Promise<NativeCeiling>;
  forget(camera: number): void;
  /** To be called once. */
  close(): Promise<void>;
  /** For the end of the process: waits for the frames in flight, whose promises stay open, and frees the model. */
  leave(): void;
}

export interface NativeDevices {
  version: string;
  devices: { id: string; name: string }[];
}

/** How far a plan is that a runtime builds for this device, which may take minutes. */
export interface NativeOpenProgress {
  /** Path of the network's file. */
  file: string;
  /** In [0, 1], and 1 only when the plan is done; null where the runtime does not tell. */
  fraction: number | null;
  elapsedMs: number;
}

/** build/native/openvino.node, build/native/tensorrt.node: one inference runtime each. */
export interface EngineBinding {
  /** `onProgress` is called about once a second while a plan is built, with fraction 1 at its end, and not at all where
   *  nothing is built. A model of two networks has two plans, one after the other. */
  open(
    options: NativeSessionOptions,
    onProgress?: (progress: NativeOpenProgress) => void,
  ): Promise<NativeSession>;
  devices(): Promise<NativeDevices>;
  /** What goes in and comes out of a file; sizes of 0 leave the file's own. */
  inspect(path: string, width: number, height: number): Promise<ModelOutline>;
}
