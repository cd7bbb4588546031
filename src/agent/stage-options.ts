import type { Config } from '../config/schema.js';
import type { AgentError } from '../errors.js';
import type { DeviceTopics } from '../mqtt/topics.js';
import type { Logger } from '../telemetry/logger.js';
import type { SessionInfo } from '../worker/messages.js';
import type { ModelOpening } from './model-opening.js';
import type { MqttOutput } from './mqtt-output.js';
import type { PublishedPose } from './pose-publisher.js';

export interface StageObserver {
  onOpening?: (opening: ModelOpening) => void;
  onReady?: (info: SessionInfo) => void;
  onPose?: (pose: PublishedPose) => void;
}

export interface StageOptions {
  /** Until something is deployed. */
  config: Config;
  logger: Logger;
  /** The agent's own, for the info message. */
  version: string;
  session: string;
  topics: DeviceTopics;
  mqtt: MqttOutput;
  /** Frames a camera after which it ends. */
  frames?: number | undefined;
  observer?: StageObserver | undefined;
  /** The engine builds a plan; about once a second. */
  onOpening: (opening: ModelOpening) => void;
  /** Every camera has ended. */
  onFinished: () => void;
  /** No camera and no worker is left that a restart could bring back. */
  onFailed: (error: AgentError) => void;
  onWorkerLost: (error: AgentError) => void;
  /** The worker fails again and again; the next one is minutes away. */
  onCrashLoop: (error: AgentError) => void;
}
