import type { Config } from '../config/schema.js';
import type { CameraStatusPayload } from '../mqtt/payloads.js';
import type { DeviceTopics } from '../mqtt/topics.js';
import type { SkeletonMapping } from '../pose/map-skeleton.js';
import { CameraTelemetry } from '../telemetry/camera-telemetry.js';
import { monotonicMs } from '../telemetry/monotonic-ms.js';
import type { WorkerCamera } from '../worker/messages.js';
import { CameraMonitor } from './camera-monitor.js';
import { PosePublisher, type PublishedPose } from './pose-publisher.js';

type CameraConfig = Config['cameras'][number];

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

/** What the agent keeps for each enabled camera, in the order in which the worker counts them. */
export function createCameras(options: CamerasOptions): AgentCamera[] {
  const { config, topics, session, model, skeleton, publishPose, onPose, previous } = options;
  return config.cameras
    .filter(({ enabled }) => enabled)
    .map((camera) => {
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
        status: 'offline' as const,
        reason: 'not started yet',
        ended: false,
      };
    });
}

/**
 * The same camera as the worker is told to read it, from `source`, which may hold a password, within `policy`; numbering
 * goes on where the last worker ended.
 */
export function workerCamera(
  { config, publisher }: AgentCamera,
  { source, policy }: Pick<WorkerCamera, 'source' | 'policy'>,
): WorkerCamera {
  const { id, width, height, fps, loop, pace } = config;
  return { id, source, policy, width, height, fps, loop, pace, firstSeq: publisher.nextSeq };
}
