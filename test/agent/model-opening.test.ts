import t from 'tap';
import { OpeningWatch } from '../../src/agent/model-opening.js';
import { preparing } from '../../src/agent/preparing.js';
import type { AgentEvent } from '../../src/agent/remote-config.js';
import { tellOpening } from '../../src/agent/tell-opening.js';
import { openingText } from '../../src/cli/opening-line.js';
import { type OpenProgress, remainingMs } from '../../src/engine/open-progress.js';
import { createLogger } from '../../src/telemetry/logger.js';

const at = (file: string, fraction: number | null, seconds: number): OpenProgress => ({
  file,
  fraction,
  elapsedMs: seconds * 1000,
});

t.test('the remaining time goes on from what was done, and is not guessed early', async (t) => {
  t.equal(remainingMs(at('a', 0.25, 10)), 30_000);
  t.equal(remainingMs(at('a', 0.05, 1)), 19_000);
  t.equal(remainingMs(at('a', 0.049, 1)), null);
  t.equal(remainingMs(at('a', null, 100)), null, 'not where the runtime does not tell');
  t.equal(remainingMs(at('a', 1, 100)), 0);
});

t.test('each network of a model begins and ends once', async (t) => {
  const watch = new OpeningWatch('hall');
  const phases = [
    at('detector.onnx', null, 1),
    at('detector.onnx', null, 2),
    at('detector.onnx', 1, 3),
    at('model.onnx', 0, 1),
    at('model.onnx', 0.5, 2),
    at('model.onnx', 1, 3),
    at('quick.onnx', 1, 0.4),
  ].map((progress) => watch.add(progress).phase);
  t.same(phases, ['begun', 'going', 'ended', 'begun', 'going', 'ended', 'ended']);
  t.equal(watch.current, null);
  watch.add(at('model.onnx', 0.5, 2));
  t.match(watch.current, { file: 'model.onnx' });
  watch.over();
  t.equal(watch.current, null, 'a worker that is gone builds nothing');
  t.equal(watch.add(at('model.onnx', 0.1, 1)).phase, 'begun', 'the next one begins anew');
});

t.test('what is said of it in stats', async (t) => {
  t.equal(preparing('hall', null), null);
  t.same(preparing('hall', at('model.onnx', 0.42137, 80.4)), {
    model: 'hall',
    file: 'model.onnx',
    fraction: 0.421,
    elapsed_s: 80,
    remaining_s: 110,
  });
  t.match(preparing('hall', at('model.onnx', null, 80)), { fraction: null, remaining_s: null });
});

t.test('what is said of it on a terminal', async (t) => {
  const text = (fraction: number | null): string =>
    openingText({ model: 'hall', phase: 'going', progress: at('model.onnx', fraction, 80.4) });
  t.equal(text(0.42137), 'building the plan of hall (model.onnx): 42 %, 80 s, about 110 s left');
  t.equal(text(0.01), 'building the plan of hall (model.onnx): 1 %, 80 s');
  t.equal(text(0.999), 'building the plan of hall (model.onnx): 99 %, 80 s, about 0 s left');
  t.equal(text(null), 'building the plan of hall (model.onnx): 80 s');
});

t.test('begin and end alone go to the log and to MQTT', async (t) => {
  const events: AgentEvent[] = [];
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  const to = {
    logger: createLogger({ level: 'info', destination }),
    announce: (event: AgentEvent) => events.push(event),
  };
  const watch = new OpeningWatch('hall');
  for (const [fraction, seconds] of [
    [0, 1],
    [0.5, 2],
    [1, 3.24],
  ] as const) {
    tellOpening(watch.add(at('model.onnx', fraction, seconds)), to);
  }
  t.match(events, [
    { type: 'preparing', detail: { model: 'hall', file: 'model.onnx' } },
    { type: 'prepared', detail: { model: 'hall', file: 'model.onnx', seconds: 3.2 } },
  ]);
  t.equal(events.length, 2);
  t.match(lines, [{ model: 'hall', file: 'model.onnx' }, { seconds: 3.2 }]);
  t.equal(lines.length, 2);
});
