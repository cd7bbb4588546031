/** The native addons, named and typed; native/addon implements them. */

/** build/native/core.node: decoders without any inference runtime. */
export interface CoreBinding {
  /** Packed instances (native/addon/pack.h) in network-input pixels. */
  decodeOpenPose(
    heatmaps: Float32Array,
    heatmapsShape: readonly number[],
    pafs: Float32Array,
    pafsShape: readonly number[],
    options: { peakThreshold: number; limbRatio: 'all' | 'most' },
  ): Promise<Float32Array>;
  /** The kernel kills this process once its parent is gone. */
  dieWithParent(): void;
  /** Frees the memory of a buffer now, where nothing else shares it; its length is 0 from then on. */
  freeBuffer(buffer: Uint8Array): void;
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
}

export interface NativeOpenPoseOptions extends NativeOpenOptions {
  family: 'openpose';
  inputWidth: number;
  inputHeight: number;
  color: 'bgr' | 'rgb';
  /** A colour channel, in `color` order. */
  mean: readonly [number, number, number];
  scale: readonly [number, number, number];
  /** Output names; '' finds them by their channels. */
  heatmaps: string;
  pafs: string;
  interpolation: 'linear' | 'cubic';
  peakThreshold: number;
  limbRatio: 'all' | 'most';
}

export interface NativeBlazePoseOptions extends NativeOpenOptions {
  family: 'blazepose';
  detector: string;
  maxPeople: number;
  smooth: boolean;
  staticImage: boolean;
}

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

export interface NativeSession {
  readonly info: NativeSessionInfo;
  /** `pixels` is BGR with packed rows and must not change until the promise settles. */
  infer(
    pixels: Uint8Array,
    width: number,
    height: number,
    camera: number,
    timeMs: number,
  ): Promise<Float32Array>;
  measure(seconds: number): Promise<NativeCeiling>;
  forget(camera: number): void;
  /** To be called once. */
  close(): Promise<void>;
}

export interface NativeDevices {
  version: string;
  devices: { id: string; name: string }[];
}

/** build/native/openvino.node, build/native/tensorrt.node: one inference runtime each. */
export interface EngineBinding {
  open(options: NativeOpenPoseOptions | NativeBlazePoseOptions): Promise<NativeSession>;
  devices(): Promise<NativeDevices>;
}
