import type { ModelOpening } from '../agent/model-opening.js';
import type { PublishedPose } from '../agent/pose-publisher.js';
import { StageTimings } from '../telemetry/stage-timings.js';
import { openingText } from './opening-line.js';

const redrawMs = 500;
const windowMs = 2_000;
/** A build that is not heard of for this long is not going on: its worker ended. */
const openingMs = 5_000;
/** Stages worth a person's look, in the order of a frame's way. */
const shown = ['slot', 'preprocess', 'infer', 'decode', 'publish', 'total'] as const;

interface CameraWindow {
  people: number;
  arrivals: number[];
  timings: StageTimings;
}

/** Live figures on a terminal: for each camera people, frames a second, and latency by stage. */
export class LiveFigures {
  readonly #output: NodeJS.WriteStream;
  readonly #cameras = new Map<string, CameraWindow>();
  #timer: NodeJS.Timeout | undefined;
  #lines = 0;
  #opening: { text: string; at: number } | undefined;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  start(): void {
    this.#timer = setInterval(() => this.#redraw(), redrawMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#redraw();
  }

  add({ camera, instances, stages }: PublishedPose): void {
    let window = this.#cameras.get(camera);
    if (!window) {
      window = { people: 0, arrivals: [], timings: new StageTimings() };
      this.#cameras.set(camera, window);
    }
    window.people = instances.length;
    window.arrivals.push(performance.now());
    for (const stage of shown) window.timings.record(stage, stages[stage]);
  }

  /** A plan is built, which may take minutes. */
  opening(opening: ModelOpening): void {
    this.#opening =
      opening.phase === 'ended' ? undefined : { text: openingText(opening), at: performance.now() };
  }

  /** Something else is about to be printed: it goes above the figures. */
  clear(): void {
    if (this.#lines > 0) this.#output.write(`\x1b[${this.#lines}A\x1b[J`);
    this.#lines = 0;
  }

  #redraw(): void {
    const lines = [...this.#cameras].map(([camera, window]) => line(camera, window));
    const { text, at } = this.#opening ?? {};
    if (text !== undefined && at !== undefined && performance.now() - at < openingMs) lines.push(text);
    this.clear();
    if (lines.length === 0) return;
    this.#output.write(`${lines.join('\n')}\n`);
    this.#lines = lines.length;
  }
}

function line(camera: string, window: CameraWindow): string {
  const now = performance.now();
  window.arrivals = window.arrivals.filter((at) => now - at < windowMs);
  const span = now - (window.arrivals[0] ?? now);
  const fps = span > 0 ? ((window.arrivals.length - 1) * 1000) / span : 0;
  const quantiles = window.timings.snapshot({ reset: true });
  const latency = shown.map((stage) => `${stage} ${(quantiles[stage]?.p50 ?? 0).toFixed(1)}`).join('  ');
  const people = `${window.people} ${window.people === 1 ? 'person' : 'people'}`;
  return `${camera}  ${people.padEnd(9)}  ${fps.toFixed(1).padStart(5)} fps   ms: ${latency}`;
}
