import type { SourcePolicy } from '../network/source-policy.js';
import type { FrameSource } from './frame-source.js';
import { HttpStreamSource } from './http-stream-source.js';
import { ImageFolderSource } from './image-folder-source.js';
import { LiveCaptureSource } from './live-capture-source.js';
import { describeSource, inspectPath, isRecorded, type SourceSpec } from './parse-source.js';
import { type CameraStatus, ReconnectingSource } from './reconnecting-source.js';
import { VideoFileSource } from './video-file-source.js';

export interface SourceOptions {
  /** realtime (the default): recordings play as a camera would; max: every frame, as fast as it is read. */
  readonly pace?: 'realtime' | 'max';
  /** Recordings begin again at their end. */
  readonly loop?: boolean;
  /**
   * Asked of a V4L2 camera; where both are given, a Jetson scales CSI cameras and what its decoder gives to them. Other
   * sources give the size they have.
   */
  readonly width?: number;
  readonly height?: number;
  /** Asked of a V4L2 camera; the rate at which recordings are played. */
  readonly fps?: number;
  /** The first frame's number; a restarted worker goes on where the one before it ended. 0 by default. */
  readonly firstSeq?: number;
  /** What a network camera may connect to; localPolicy by default: whatever somebody at this machine names. */
  readonly policy?: SourcePolicy;
}

/**
 * The source that a spec names, not opened yet. Throws AgentError CAMERA_OPEN_FAILED where a path leads nowhere.
 * A failing source stays failed: see createReconnectingSource for one that comes back.
 */
export function createFrameSource(spec: SourceSpec, options: SourceOptions = {}): FrameSource {
  const { pace = 'realtime', loop = false, firstSeq = 0, policy, ...wanted } = options;
  switch (spec.kind) {
    case 'sample':
    case 'path': {
      const rate = options.fps === undefined ? {} : { fps: options.fps };
      const recording = { path: spec.path, description: describeSource(spec), pace, loop, firstSeq, ...rate };
      if (inspectPath(spec.path) === 'pictures') return new ImageFolderSource(recording);
      return new VideoFileSource({ ...recording, jetson: spec.kind === 'path' && spec.jetson === true });
    }
    case 'http':
      return new HttpStreamSource({ url: spec.url, ...(policy === undefined ? {} : { policy }) });
    default:
      return new LiveCaptureSource({ spec, ...wanted, ...(policy === undefined ? {} : { policy }) });
  }
}

export interface ReconnectOptions {
  readonly onStatus?: (status: CameraStatus) => void;
  readonly firstSeq?: number;
}

/** As createFrameSource(), opened again with growing pauses whenever it fails. Nothing is touched before open(). */
export function createReconnectingSource(
  spec: SourceSpec,
  options: SourceOptions,
  reconnect: ReconnectOptions = {},
): ReconnectingSource {
  return new ReconnectingSource({
    // Numbers are given by the reconnecting source, across reopenings.
    create: () => createFrameSource(spec, { ...options, firstSeq: 0 }),
    description: describeSource(spec),
    finite: isRecorded(spec) && options.loop !== true,
    firstSeq: options.firstSeq ?? 0,
    ...reconnect,
  });
}
