import { monotonicMs } from '../monotonic-ms.js';
import { formatPoseMessage } from '../mqtt/pose-message.js';
import type { Instance } from '../pose/instance.js';
import { mapInstances, type SkeletonMapping } from '../pose/map-skeleton.js';
import { unpackInstances } from '../pose/packed-instances.js';
import type { CameraTelemetry } from '../telemetry/camera-telemetry.js';
import type { PoseMessage } from '../worker/messages.js';
import { type FrameStages, frameStages } from './frame-stages.js';

/** One frame's result, for whoever watches the agent from the same process. */
export interface PublishedPose {
  camera: string;
  seq: number;
  /** As they were published. */
  instances: readonly Instance[];
  stages: FrameStages;
  /** The message's text, as it went to MQTT. */
  payload: string;
}

export interface PosePublisherOptions {
  camera: string;
  topic: string;
  session: string;
  model: string;
  /** To begin with. */
  skeleton: SkeletonMapping;
  minScore: number;
  telemetry: CameraTelemetry;
  /** False where the message was dropped. */
  publish: (topic: string, payload: string) => boolean;
  onPose?: ((pose: PublishedPose) => void) | undefined;
  /** The number to begin with. */
  firstSeq: number;
}

/** Turns one camera's results into pose messages. */
export class PosePublisher {
  readonly #options: PosePublisherOptions;
  #skeleton: SkeletonMapping;
  #nextSeq: number;
  #frames = 0;

  constructor(options: PosePublisherOptions) {
    this.#options = options;
    this.#skeleton = options.skeleton;
    this.#nextSeq = options.firstSeq;
  }

  /** Frames that came through, whether their messages were dropped or not. */
  get frames(): number {
    return this.#frames;
  }

  /** The number after the last one published: where a new worker goes on. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** From the next message on. */
  publishAs(skeleton: SkeletonMapping): void {
    this.#skeleton = skeleton;
  }

  publish(message: PoseMessage): void {
    const receivedMs = monotonicMs();
    this.#frames++;
    const { camera, session, model, minScore, telemetry, topic, publish, onPose } = this.#options;
    const seen = unpackInstances(message.packed).filter(({ score }) => score >= minScore);
    const instances = mapInstances(seen, this.#skeleton);
    const payload = formatPoseMessage({
      seq: message.seq,
      session,
      camera,
      ts: message.ts,
      ageMs: receivedMs - message.capturedMs,
      frame: [message.width, message.height],
      model,
      skeleton: this.#skeleton.to.name,
      people: instances,
    });
    this.#nextSeq = message.seq + 1;
    if (!publish(topic, payload)) telemetry.dropped('mqtt');
    telemetry.frameProcessed(message.capturedMs);
    const stages = frameStages(message, receivedMs, monotonicMs());
    for (const [stage, ms] of Object.entries(stages)) telemetry.recordStage(stage, ms as number);
    onPose?.({ camera, seq: message.seq, instances, stages, payload });
  }
}
