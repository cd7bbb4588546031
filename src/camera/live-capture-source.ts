import { accessSync, constants, realpathSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AgentError } from '../errors.js';
import { endpointOf, endpointText } from '../network/endpoint.js';
import { localPolicy, type SourcePolicy } from '../network/source-policy.js';
import type { Frame, FrameSource, SourceFormat } from './frame-source.js';
import { csiPipeline, rtspPipeline, type WantedSize } from './jetson-pipelines.js';
import { MatFrame, toBgr } from './mat-frame.js';
import { captureFormat, openCapture, readCapture, setProperties } from './open-capture.js';
import { openInTurn } from './open-in-turn.js';
import { openPassage, type Passage } from './open-passage.js';
import { openPipeline } from './open-pipeline.js';
import { hasFfmpeg5, loadOpencv, type VideoCapture } from './opencv.js';
import { describeSource, type SourceSpec } from './parse-source.js';
import { reachEndpoint } from './reach-endpoint.js';

export type LiveSpec = Extract<SourceSpec, { kind: 'v4l2' | 'csi' | 'gstreamer' | 'rtsp' | 'http' }>;

export interface LiveCaptureOptions {
  readonly spec: LiveSpec;
  /**
   * Asked of a V4L2 camera, which may choose other values, see `format`; where both are given, a Jetson's converter scales
   * to them what comes from a CSI camera or its decoder.
   */
  readonly width?: number;
  readonly height?: number;
  /** Asked of a V4L2 camera. */
  readonly fps?: number;
  /** What a network camera may connect to; localPolicy by default. */
  readonly policy?: SourcePolicy;
}

type NetworkSpec = Extract<LiveSpec, { kind: 'rtsp' | 'http' }>;

/** How long a network camera may be silent before a connect, an open or a read counts as failed. */
const networkTimeoutMs = 4000;

const hardwareRemedy =
  'have the camera send a key frame (I-frame) every 2 s or more often, or set decoder: software';

/** A camera or stream that OpenCV reads: V4L2, GStreamer (CSI too), RTSP, and HTTP through FFmpeg. */
export class LiveCaptureSource implements FrameSource {
  readonly description: string;
  readonly finite = false;
  format: SourceFormat | null = null;
  readonly #options: LiveCaptureOptions;
  readonly #closing = new AbortController();
  #capture: VideoCapture | undefined;
  #passage: Passage | undefined;
  /** Settles, and never fails, when what may ask the passage is over: an opening, a read. */
  #asking: Promise<unknown> = Promise.resolve();
  #next = 0;

  constructor(options: LiveCaptureOptions) {
    this.#options = options;
    this.description = describeSource(options.spec);
  }

  open(): Promise<void> {
    return this.#whileAsking(this.#open());
  }

  async #open(): Promise<void> {
    const { spec } = this.#options;
    try {
      const target = isNetworkSpec(spec) ? await this.#reach(spec) : undefined;
      const capture = await openInTurn(async () => {
        this.#assertNotClosed();
        return target === undefined ? this.#openDevice(spec) : this.#openNetwork(spec as NetworkSpec, target);
      });
      if (this.#closing.signal.aborted) capture.release();
      this.#assertNotClosed();
      this.#capture = capture;
      this.format = captureFormat(capture);
    } catch (error) {
      const failure = await this.#passage?.failure();
      this.#passage?.close();
      this.#passage = undefined;
      throw failure ?? error;
    }
  }

  async read(): Promise<Frame | null> {
    const capture = this.#capture;
    if (capture === undefined) return null;
    const begunAt = performance.now();
    const mat = await this.#whileAsking(readCapture(capture, this.description));
    const readAt = performance.now();
    if (this.#closing.signal.aborted) {
      mat.release();
      return null;
    }
    if (mat.empty) {
      throw new AgentError('CAMERA_READ_FAILED', `${this.description} stopped giving frames`);
    }
    if (this.#isLeftOver(readAt - begunAt)) {
      mat.release();
      const reason = `gave no frame for ${networkTimeoutMs / 1000} s`;
      throw new AgentError('CAMERA_READ_FAILED', `${this.description} ${reason}`);
    }
    return new MatFrame(toBgr(mat, this.description), this.#next++, readAt);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    // A read under way holds the device until it returns; this only gives up our share of it.
    this.#capture?.release();
    this.#capture = undefined;
    void this.#endPassage();
  }

  /** Nobody waits for it: a read that is under way may take seconds. */
  async #endPassage(): Promise<void> {
    const passage = this.#passage;
    this.#passage = undefined;
    passage?.end();
    await this.#asking;
    // The binding gives up the read's own share of the capture after it has called back.
    await nextTurn();
    passage?.close();
  }

  #whileAsking<T>(work: Promise<T>): Promise<T> {
    const over = (): void => {};
    this.#asking = work.then(over, over);
    return work;
  }

  /**
   * Makes a guarded way to the camera; returns the address by which it is found there. FFmpeg reads a camera of the local
   * file itself where there is neither a login nor TLS to guard: a relay costs some percent of a core.
   */
  async #reach({ kind, url }: NetworkSpec): Promise<string> {
    const { policy = localPolicy } = this.#options;
    const { description } = this;
    const endpoint = endpointOf(url);
    if (endpoint === undefined) {
      throw new AgentError('CAMERA_OPEN_FAILED', `${description} cannot be opened: its host is none`);
    }
    const options = { endpoint, policy, description, timeoutMs: networkTimeoutMs };
    await reachEndpoint(url, { ...options, signal: this.#closing.signal });
    const { username, password, pathname, search } = new URL(url);
    const isOpen = username + password === '' && !endpoint.tls && !policy.remote;
    if (kind === 'rtsp' && isOpen) return url;
    this.#passage = await openPassage(kind, options);
    this.#assertNotClosed();
    const login = username + password === '' ? '' : `${username}:${password}@`;
    if (kind === 'http') return `http://${login}${endpointText(endpoint)}${pathname}${search}`;
    // As it is written: cameras' paths are a matter of taste.
    const path = url.replace(/^[^:]*:\/\/[^/?#]*/, '');
    return `rtsp://${login}127.0.0.1:${this.#passage.port}${path}`;
  }

  /** When a stream has timed out FFmpeg gives what its decoder still holds: old pictures, and the camera is away. */
  #isLeftOver(readMs: number): boolean {
    return isNetworkSpec(this.#options.spec) && readMs >= networkTimeoutMs;
  }

  #assertNotClosed(): void {
    if (!this.#closing.signal.aborted) return;
    throw new AgentError(
      'CAMERA_OPEN_FAILED',
      `${this.description} cannot be opened: it was closed meanwhile`,
    );
  }

  async #openDevice(spec: LiveSpec): Promise<VideoCapture> {
    switch (spec.kind) {
      case 'v4l2':
        return this.#openV4l2(spec.device);
      case 'csi':
        return this.#openPipeline(csiPipeline(spec, this.#size()));
      case 'gstreamer':
        return this.#openPipeline(spec.pipeline);
      default:
        throw new Error(`${spec.kind} is no device`);
    }
  }

  async #openNetwork(spec: NetworkSpec, target: string): Promise<VideoCapture> {
    if (spec.kind === 'rtsp' && spec.jetson === true) {
      return this.#openPipeline(rtspPipeline(target, this.#size()), hardwareRemedy);
    }
    // FFmpeg would go around the proxy that guards its requests.
    delete process.env.no_proxy;
    return openCapture({
      target,
      backend: 'ffmpeg',
      description: this.description,
      ffmpegOptions: networkOptions(spec.kind),
      guardOptions: guardOptions(spec.kind, this.#passage?.port),
      hint: 'the server answers but gives no video at this address (check path, user and password)',
    });
  }

  #size(): WantedSize {
    const { width, height } = this.#options;
    return width === undefined || height === undefined ? {} : { width, height };
  }

  #openPipeline(pipeline: string, remedy?: string): Promise<VideoCapture> {
    const { description } = this;
    const options = { pipeline, description, signal: this.#closing.signal };
    return openPipeline(remedy === undefined ? options : { ...options, remedy });
  }

  async #openV4l2(device: string): Promise<VideoCapture> {
    assertDevice(device);
    const cv = loadOpencv();
    const capture = openCapture({
      // OpenCV knows devices by their number; names under /dev/v4l/by-id are links to one.
      target: realpathSync(device),
      backend: 'v4l2',
      description: device,
      hint: 'it is in use by another program, or it is no capture device (many cameras have a second node for metadata)',
    });
    const { width, height, fps } = this.#options;
    const wanted: [number, number][] = [[cv.CAP_PROP_FOURCC, cv.VideoWriter.fourcc('MJPG')]];
    if (width !== undefined) wanted.push([cv.CAP_PROP_FRAME_WIDTH, width]);
    if (height !== undefined) wanted.push([cv.CAP_PROP_FRAME_HEIGHT, height]);
    if (fps !== undefined) wanted.push([cv.CAP_PROP_FPS, fps]);
    // One queued picture instead of four: a late reader gets a fresh one.
    wanted.push([cv.CAP_PROP_BUFFERSIZE, 1]);
    await setProperties(capture, wanted);
    return capture;
  }
}

function assertDevice(device: string): void {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason =
      code === 'ENOENT'
        ? 'there is no such camera: it is not plugged in, or has another number'
        : code === 'EACCES'
          ? 'no permission: add the user to the group that owns it (video) and log in again'
          : `it cannot be reached (${code})`;
    throw new AgentError('CAMERA_OPEN_FAILED', `${device} cannot be opened: ${reason}`, { cause });
  }
}

function isNetworkSpec(spec: LiveSpec): spec is NetworkSpec {
  return spec.kind === 'rtsp' || spec.kind === 'http';
}

/** FFmpeg may use no protocol by which it would go past the guard: TLS, for one, whose certificates it does not verify. */
function guardOptions(kind: 'rtsp' | 'http', port: number | undefined): string {
  if (kind === 'rtsp') return 'protocol_whitelist;rtp,tcp,udp';
  return `http_proxy;http://127.0.0.1:${port}|protocol_whitelist;crypto,data,http,tcp`;
}

function networkOptions(kind: 'rtsp' | 'http'): string {
  const timeout = networkTimeoutMs * 1000;
  if (kind === 'http') return `timeout;${timeout}`;
  // Before FFmpeg 5 `timeout` meant: wait so long for a client to connect to us.
  return `rtsp_transport;tcp|${hasFfmpeg5(loadOpencv()) ? 'timeout' : 'stimeout'};${timeout}`;
}
