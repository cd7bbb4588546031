import type { SourcePolicy } from '../network/source-policy.js';
import { CaptureSource, type PreparedCamera } from './capture-source.js';
import type { FfmpegDecoder } from './ffmpeg-decoder.js';
import type { EnoughPixels, FrameSource } from './frame-source.js';
import { HttpStreamSource } from './http-stream-source.js';
import { ImageFolderSource } from './image-folder-source.js';
import { csiPipeline } from './jetson-pipelines.js';
import { prepareNetworkCamera } from './network-camera.js';
import { describeSource, inspectPath, isRecorded, type SourceSpec } from './parse-source.js';
import { pipelineCamera } from './pipeline-camera.js';
import { type CameraStatus, ReconnectingSource } from './reconnecting-source.js';
import type { WantedTransport } from './rtsp-transport.js';
import { prepareV4l2Camera } from './v4l2-camera.js';
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
  /**
   * Asked of a V4L2 camera; how often an HTTP camera of single pictures is asked; what an ONVIF camera's profile should have
   * at least; the rate at which recordings are played.
   */
  readonly fps?: number;
  /** How long a live camera may be silent before it counts as away; by its own pace where left out. */
  readonly timeoutSeconds?: number;
  /** How long it might be silent when it was read last: what counts once a picture came, until its pace is known again. */
  readonly usualSilenceSeconds?: number;
  /** The first frame's number; a restarted worker goes on where the one before it ended. 0 by default. */
  readonly firstSeq?: number;
  /** Of the network that looks at the whole picture: an ONVIF camera is asked for the profile that fits it. */
  readonly input?: { readonly width: number; readonly height: number };
  /** Asked for each JPEG of an HTTP camera: how small it may be decoded; whole where that is undefined or left out. */
  readonly enough?: () => EnoughPixels | undefined;
  /** What a network camera may connect to; localPolicy by default: whatever somebody at this machine names. */
  readonly policy?: SourcePolicy;
  /** By which an RTSP camera may send; auto by default. */
  readonly transport?: WantedTransport;
  /** Who decodes what FFmpeg reads; auto by default. */
  readonly decoder?: FfmpegDecoder;
  /** Told what is worth a line in the log and no failure. */
  readonly onNotice?: (text: string) => void;
  /** The process that reads the camera crashed or hung while a graphics unit's driver was in it. */
  readonly onDriverCrash?: () => void;
  /** Frames that are held at the same time; 3 by default. */
  readonly held?: number;
}

/**
 * The source that a spec names, not opened yet. Throws AgentError CAMERA_OPEN_FAILED where a path leads nowhere.
 * A failing source stays failed: see createReconnectingSource for one that comes back.
 */
export function createFrameSource(spec: SourceSpec, options: SourceOptions = {}): FrameSource {
  const {
    pace = 'realtime',
    loop = false,
    firstSeq = 0,
    policy,
    held,
    width,
    height,
    fps,
    input,
    timeoutSeconds,
    usualSilenceSeconds,
    decoder,
    onNotice,
    onDriverCrash,
  } = options;
  const reading = { held, timeoutSeconds, usualSilenceSeconds, decoder, onNotice, onDriverCrash };
  const description = describeSource(spec);
  const live = (prepare: (signal: AbortSignal) => Promise<PreparedCamera>): FrameSource =>
    new CaptureSource({ ...reading, description, prepare });
  const size = width === undefined || height === undefined ? {} : { width, height };
  switch (spec.kind) {
    case 'sample':
    case 'path': {
      const rate = fps === undefined ? {} : { fps };
      const recording = { path: spec.path, description, pace, loop, firstSeq, held, onNotice, ...rate };
      if (inspectPath(spec.path) === 'pictures') return new ImageFolderSource(recording);
      return new VideoFileSource({ ...recording, jetson: spec.kind === 'path' && spec.jetson === true });
    }
    case 'http':
      return new HttpStreamSource({
        ...reading,
        url: spec.url,
        policy,
        fps,
        enough: options.enough,
      });
    case 'rtsp': {
      const { kind, url, jetson } = spec;
      const { transport } = options;
      return live((signal) =>
        prepareNetworkCamera({ kind, url, policy, transport, jetson: jetson ? size : undefined }, signal),
      );
    }
    case 'onvif': {
      const { url, profile, jetson } = spec;
      const { transport } = options;
      const wanted = { ...input, ...(fps === undefined ? {} : { fps }) };
      const camera = { url, profile, wanted, policy, transport, jetson: jetson ? size : undefined };
      return live(async (signal) => {
        // Here, so that who has no such camera does not pay for it.
        const { prepareOnvifCamera } = await import('./onvif/prepare-onvif-camera.js');
        return prepareOnvifCamera(camera, signal);
      });
    }
    case 'rtmp':
    case 'srt': {
      const { kind, url } = spec;
      return live((signal) => prepareNetworkCamera({ kind, url, policy }, signal));
    }
    case 'v4l2':
      return live(async () => prepareV4l2Camera(spec.device, { width, height, fps }));
    case 'csi':
      return live(async () => pipelineCamera(csiPipeline(spec, size)));
    case 'gstreamer':
      return live(async () => pipelineCamera(spec.pipeline));
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
  let { decoder = 'auto' } = options;
  let told = '';
  const onNotice = (text: string): void => {
    if (text !== told) options.onNotice?.(text);
    told = text;
  };
  // A driver that took the process with it would do so again.
  const onDriverCrash = (): void => {
    if (decoder !== 'auto') return;
    decoder = 'software';
    onNotice(
      'it is decoded on the CPU from now on: its process crashed or hung while a graphics unit decoded it',
    );
  };
  return new ReconnectingSource({
    // Numbers are given by the reconnecting source, across reopenings.
    create: (usual) =>
      createFrameSource(spec, { ...options, ...usual, decoder, onNotice, onDriverCrash, firstSeq: 0 }),
    description: describeSource(spec),
    finite: isRecorded(spec) && options.loop !== true,
    firstSeq: options.firstSeq ?? 0,
    ...reconnect,
  });
}
