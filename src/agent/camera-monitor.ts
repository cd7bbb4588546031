import type { CameraTelemetry } from '../telemetry/camera-telemetry.js';
import type { CameraCounts } from '../worker/messages.js';

/** Of a camera that has just begun. */
export const noCounts: CameraCounts = {
  read: 0,
  droppedInSource: 0,
  newestCaptureMs: 0,
  clockErrorMs: undefined,
  droppedInSlot: 0,
  failed: 0,
  reconnects: 0,
  stalls: 0,
};

/** Carries a worker's running counts over into the session's figures, which outlive the worker. */
export class CameraMonitor {
  readonly #telemetry: CameraTelemetry;
  #last = noCounts;

  constructor(telemetry: CameraTelemetry) {
    this.#telemetry = telemetry;
  }

  /** Whoever reads it next counts from zero again. */
  workerLost(): void {
    this.#last = noCounts;
    this.#telemetry.workerLost();
  }

  beat(counts: CameraCounts): void {
    const telemetry = this.#telemetry;
    const more = (name: Exclude<keyof CameraCounts, 'clockErrorMs'>): number =>
      Math.max(0, counts[name] - this.#last[name]);
    const captured = more('read') + more('droppedInSource');
    if (captured > 0) telemetry.framesCaptured(captured, counts.newestCaptureMs);
    if (counts.read > 0) telemetry.timed(counts.clockErrorMs);
    telemetry.dropped('capture', more('droppedInSource'));
    telemetry.dropped('slot', more('droppedInSlot'));
    telemetry.dropped('inference', more('failed'));
    telemetry.reconnected(more('reconnects'));
    telemetry.stalled(more('stalls'));
    this.#last = counts;
    // Every pose that the worker had sent before these counts is here.
    telemetry.settle();
  }
}
