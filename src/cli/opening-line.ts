import type { ModelOpening } from '../agent/model-opening.js';
import { remainingMs } from '../engine/open-progress.js';

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

/** As in `building the plan of hall (model.onnx): 42 %, 80 s, about 110 s left`. */
export function openingText({ model, progress }: ModelOpening): string {
  const { file, fraction, elapsedMs } = progress;
  const remaining = remainingMs(progress);
  const parts = [
    ...(fraction === null ? [] : [`${Math.floor(fraction * 100)} %`]),
    seconds(elapsedMs),
    ...(remaining === null ? [] : [`about ${seconds(remaining)} left`]),
  ];
  return `building the plan of ${model} (${file}): ${parts.join(', ')}`;
}

/** The build of a plan: one live line for people who watch, a line at its begin and one at its end in a pipe. */
export function openingLine(): { show(opening: ModelOpening): void; end(): void } {
  const { stderr } = process;
  if (stderr.isTTY) {
    return {
      show: (opening) => stderr.write(`\r\x1b[K${opening.phase === 'ended' ? '' : openingText(opening)}`),
      // A build that failed has not ended.
      end: () => stderr.write('\r\x1b[K'),
    };
  }
  return {
    show({ model, phase, progress: { file, elapsedMs } }) {
      const plan = `the plan of ${model} (${file})`;
      if (phase === 'begun') stderr.write(`building ${plan}: that may take minutes\n`);
      if (phase === 'ended') stderr.write(`${plan} is built: ${seconds(elapsedMs)}\n`);
    },
    end: () => undefined,
  };
}
