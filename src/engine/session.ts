import { access, constants, mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import type { EngineName } from '../config/engine-devices.js';
import { AgentError } from '../errors.js';
import { type PictureFormat, pictureBytes } from '../native/picture-format.js';
import type {
  NativeCeiling,
  NativePictureView,
  NativeSession,
  NativeSessionInfo,
  NativeSessionOptions,
} from './binding.js';
import { loadEngine } from './load-addon.js';
import type { OpenProgress } from './open-progress.js';
import { requireReadable } from './readable-formats.js';
import { toAgentError } from './to-agent-error.js';

export type OpenSessionOptions = NativeSessionOptions;

/** A picture for inference. */
export interface EngineFrame {
  /** 8 bits a sample, packed rows; must not change until the promise settles. */
  pixels: Uint8Array;
  /** BGR where left out. */
  format?: PictureFormat | undefined;
  width: number;
  height: number;
  /** Index of the camera: families that track keep a state for each. */
  camera: number;
  /** Capture time in ms on a clock that never steps back. */
  timeMs: number;
  /** What of it is looked at, and how it is made to stand upright; all of it as it is where left out. */
  view?: NativePictureView | undefined;
}

/** A model opened on an engine. */
export class Session {
  readonly info: NativeSessionInfo & { engine: EngineName };
  readonly #native: NativeSession;
  readonly #inFlight = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(engine: EngineName, native: NativeSession) {
    this.info = { ...native.info, engine };
    this.#native = native;
  }

  /** Frames in flight that keep the device busy; more only wait inside. */
  get capacity(): number {
    return this.info.capacity;
  }

  /** Packed instances in pixels of the whole picture, with timings (src/pose/packed-instances.ts reads them).
   *  Throws AgentError ENGINE_FAILED, ENGINE_OPTION_INVALID, ENGINE_CLOSED. */
  async infer(frame: EngineFrame): Promise<Float32Array> {
    const { pixels, format = 'bgr', width, height, camera, timeMs, view } = frame;
    if (this.#closing) throw new AgentError('ENGINE_CLOSED', 'the session is closed');
    if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
      throw new AgentError('ENGINE_OPTION_INVALID', `expected a picture size, found ${width}x${height}`);
    }
    const bytes = pictureBytes(format, width, height);
    if (pixels.byteLength !== bytes) {
      throw new AgentError(
        'ENGINE_OPTION_INVALID',
        `expected ${bytes} bytes of ${format.toUpperCase()} for ${width}x${height}, found ${pixels.byteLength}`,
      );
    }
    return this.#untilDone(this.#native.infer(pixels, width, height, camera, timeMs, view, format));
  }

  /** Speed of the bare network, all requests back to back for `seconds`. */
  async measureCeiling(seconds: number): Promise<NativeCeiling> {
    if (this.#closing) throw new AgentError('ENGINE_CLOSED', 'the session is closed');
    return this.#untilDone(this.#native.measure(seconds));
  }

  /** The result of work that close() waits for. */
  async #untilDone<Result>(pending: Promise<Result>): Promise<Result> {
    this.#inFlight.add(pending);
    try {
      return await pending;
    } catch (error) {
      throw toAgentError(error);
    } finally {
      this.#inFlight.delete(pending);
    }
  }

  /** Drops what the frames so far left of a camera, as when it was away: nobody of before is carried on. */
  forget(camera: number): void {
    if (!this.#closing) this.#native.forget(camera);
  }

  /** Resolves when everything in flight has settled and the model is freed. */
  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#inFlight).then(() => {
      open.delete(this.#native);
      if (open.size === 0) process.off('exit', leaveAll);
      return this.#native.close();
    });
    return this.#closing;
  }
}

/** Sessions that may have frames in flight. */
const open = new Set<NativeSession>();

/**
 * process.exit() ends no environment, so that the addon is not told: the runtime's own data would be freed under the
 * threads that still infer.
 */
function leaveAtExit(native: NativeSession): void {
  if (open.size === 0) process.once('exit', leaveAll);
  open.add(native);
}

function leaveAll(): void {
  for (const native of open) native.leave();
}

/**
 * Opens a model. Where the runtime first builds a plan of it, `onProgress` is told about once a second.
 * Throws AgentError ENGINE_NOT_BUILT, ENGINE_DEVICE_ABSENT, ENGINE_OPTION_INVALID, ENGINE_OUT_OF_MEMORY,
 * ENGINE_CACHE_UNSAFE, MODEL_FORMAT_UNSUPPORTED, MODEL_CHECKSUM_MISMATCH, MODEL_UNREADABLE, MODEL_SHAPE_MISMATCH or ENGINE_FAILED.
 */
export async function openSession(
  engine: EngineName,
  options: OpenSessionOptions,
  onProgress?: (progress: OpenProgress) => void,
): Promise<Session> {
  const binding = loadEngine(engine);
  for (const path of networksOf(options)) requireReadable(engine, path);
  try {
    const tell =
      onProgress && (({ file, ...rest }: OpenProgress) => onProgress({ file: basename(file), ...rest }));
    const cacheDir = await usableFolder(options.cacheDir);
    const native = await binding.open({ ...options, cacheDir }, tell);
    leaveAtExit(native);
    return new Session(engine, native);
  } catch (error) {
    throw toAgentError(error);
  }
}

/** Of a folder that cannot be written a runtime makes an error; without one it only compiles at every start. */
async function usableFolder(folder: string): Promise<string> {
  if (folder === '') return '';
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch {
    return '';
  }
}

function networksOf(options: OpenSessionOptions): string[] {
  if (!('detector' in options)) return [options.model];
  const { model, detector } = options;
  return [model, typeof detector === 'string' ? detector : detector.model];
}
