import type { Logger } from '../telemetry/logger.js';
import type { ModelOpening } from './model-opening.js';
import type { AgentEvent } from './remote-config.js';

/** Tells log and MQTT when the build of a plan begins, and when it has ended. */
export function tellOpening(
  { model, phase, progress: { file, elapsedMs } }: ModelOpening,
  { logger, announce }: { logger: Logger; announce: (event: AgentEvent) => void },
): void {
  if (phase === 'begun') {
    const message = 'the plan of a network is built for this device: that may take minutes';
    logger.info({ model, file }, message);
    announce({ type: 'preparing', message, detail: { model, file } });
  } else if (phase === 'ended') {
    const seconds = Math.round(elapsedMs / 100) / 10;
    const message = 'the plan of a network is built';
    logger.info({ model, file, seconds }, message);
    announce({ type: 'prepared', message, detail: { model, file, seconds } });
  }
}
