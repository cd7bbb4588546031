import { ffmpegDecoder } from '../camera/ffmpeg-decoder.js';
import type { CameraConfig, CameraPictureConfig, Config } from '../config/schema.js';
import { monotonicMs } from '../monotonic-ms.js';
import type { CameraStatusPayload } from '../mqtt/payloads.js';
import type { DeviceTopics } from '../mqtt/topics.js';
import type { SkeletonMapping } from '../pose/map-skeleton.js';
import { CameraTelemetry } from '../telemetry/camera-telemetry.js';
import { CameraMonitor } from './camera-monitor.js';
import type { CameraReading } from './camera-roster.js';
import { PosePublisher, type PublishedPose } from './pose-publisher.js';

export interface AgentCamera {
  config: CameraConfig;
  telemetry: CameraTelemetry;
  monitor: CameraMonitor;
  publisher: PosePublisher;
  status: CameraStatusPayload['status'];
  reason: string | null;
  ended: boolean;
}

export interface CamerasOptions {
  config: Config;
  topics: DeviceTopics;
  session: string;
  model: string;
  skeleton: SkeletonMapping;
  publishPose: (topic: string, payload: string) => boolean;
  onPose?: ((pose: PublishedPose) => void) | undefined;
  /** By id, those of deployments before: a camera of the same id goes on with its numbers and figures. */
  previous: ReadonlyMap<string, AgentCamera>;
}

/** What the agent keeps for each enabled camera; `running` are those of the deployment that goes on. */
export function createCameras(options: CamerasOptions, running: readonly AgentCamera[] = []): AgentCamera[] {
  return options.config.cameras
    .filter(({ enabled }) => enabled)
    .map((config) => {
      const camera = running.find((one) => one.config.id === config.id);
      if (camera === undefined) return createCamera(config, options);
      camera.config = config;
      return camera;
    });
}

function createCamera(camera: CameraConfig, options: CamerasOptions): AgentCamera {
  const { config, topics, session, model, skeleton, publishPose, onPose, previous } = options;
  const before = previous.get(camera.id);
  const telemetry = before?.telemetry ?? new CameraTelemetry(monotonicMs);
  return {
    config: camera,
    telemetry,
    monitor: new CameraMonitor(telemetry),
    publisher: new PosePublisher({
      camera: camera.id,
      topic: topics.pose(camera.id),
      session,
      model,
      skeleton,
      minScore: config.pose.min_score,
      telemetry,
      publish: publishPose,
      onPose,
      firstSeq: before?.publisher.nextSeq ?? 0,
    }),
    ...notStarted,
  };
}

/** What is said of a camera before its worker says something. */
export const notStarted = { status: 'offline', reason: 'not started yet', ended: false } as const;

/** How a camera is to be read, from `source`, which may hold a password, within `policy`. */
export function cameraReading(
  { config }: Pick<AgentCamera, 'config'>,
  { source, policy }: Pick<CameraReading, 'source' | 'policy'>,
): CameraReading {
  const { id, width, height, fps, transport, timeout_s: timeoutSeconds, loop, pace } = config;
  const decoder = ffmpegDecoder(config.decoder);
  return { id, source, policy, width, height, fps, transport, decoder, timeoutSeconds, loop, pace };
}

/** What is done with its pictures. */
export function pictureOf({ rotate, flip, roi, masks }: CameraConfig): CameraPictureConfig {
  return { rotate, flip, roi, masks };
}
