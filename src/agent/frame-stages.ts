import { unpackTimings } from '../pose/packed-instances.js';
import type { PoseMessage } from '../worker/messages.js';

/** Stages of a frame, in the order it passes them; milliseconds each. */
export interface FrameStages {
  /** Captured until taken from the newest-frame slot. */
  slot: number;
  /** Picture copied out of OpenCV. */
  copy: number;
  /** Handed to the engine until it is looked at. */
  wait: number;
  preprocess: number;
  infer: number;
  decode: number;
  /** BlazePose and top-down models: the part of infer and preprocess that the person detector took, on frames that it looked at. */
  detect?: number;
  /** BlazePose and top-down models: crop, inference and decode a person, on frames with people. */
  person?: number;
  /** Decoded until the result is on its way to the agent process, in its turn. */
  settle: number;
  /** From the worker process to the agent process. */
  link: number;
  /** Message written and handed to MQTT. */
  publish: number;
  /** Captured until handed to MQTT. */
  total: number;
}

/** `receivedMs` and `publishedMs` are on the clock of the message's own times. */
export function frameStages(message: PoseMessage, receivedMs: number, publishedMs: number): FrameStages {
  const { wait, preprocess, infer, decode, detect, person } = unpackTimings(message.packed);
  const { capturedMs, takenMs, submittedMs, sentMs } = message;
  return {
    slot: takenMs - capturedMs,
    copy: submittedMs - takenMs,
    wait,
    preprocess,
    infer,
    decode,
    ...(Number.isNaN(detect) ? {} : { detect }),
    ...(Number.isNaN(person) ? {} : { person }),
    settle: Math.max(0, sentMs - submittedMs - wait - preprocess - infer - decode),
    link: receivedMs - sentMs,
    publish: publishedMs - receivedMs,
    total: publishedMs - capturedMs,
  };
}
