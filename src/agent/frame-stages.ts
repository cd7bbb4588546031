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
  const { wait, preprocess, infer, decode } = unpackTimings(message.packed);
  const { capturedMs, takenMs, submittedMs, sentMs } = message;
  return {
    slot: takenMs - capturedMs,
    copy: submittedMs - takenMs,
    wait,
    preprocess,
    infer,
    decode,
    settle: Math.max(0, sentMs - submittedMs - wait - preprocess - infer - decode),
    link: receivedMs - sentMs,
    publish: publishedMs - receivedMs,
    total: publishedMs - capturedMs,
  };
}
