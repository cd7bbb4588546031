import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { Agent } from '../agent/agent.js';
import { deployableModel } from '../agent/deployable-model.js';
import type { FrameStages } from '../agent/frame-stages.js';
import { descendantsOf } from '../agent/process-tree.js';
import { loadConfig } from '../config/load-config.js';
import type { NativeCeiling } from '../engine/binding.js';
import type { StatsPayload } from '../mqtt/payloads.js';
import { createLogger } from '../telemetry/logger.js';
import type { Quantiles } from '../telemetry/stage-histogram.js';
import { StageTimings } from '../telemetry/stage-timings.js';
import type { SessionInfo } from '../worker/messages.js';
import { agentVersion } from './agent-version.js';
import { openingLine } from './opening-line.js';
import { processCpuMs } from './process-cpu.js';
import { addConfigOptions, positive, positiveInteger, type RunOptions } from './run-options.js';

/** Frames still in flight and caches still cold are no part of a figure. */
const settleMs = 500;

interface BenchOptions extends RunOptions {
  seconds: number;
  rounds: number;
  json?: boolean;
}

interface BenchResult {
  fps: number;
  ceiling_fps: number;
  ratio: number;
  ceiling_latency_ms: number;
  frames: number;
  dropped: number;
  stages: Record<string, Quantiles>;
  /** CPU time a frame, all processes: all of it, the network's part (from the measurement of it alone), the rest. */
  cpu_ms: { frame: number; network: number; rest: number };
  memory_mb: StatsPayload['rss_mb'];
  model: string;
  engine: string;
  device: string;
  precision: string;
}

/** Frames and stage times of the windows that count. */
class Tally {
  frames = 0;
  counting = false;
  readonly timings = new StageTimings();

  add(stages: FrameStages): void {
    if (!this.counting) return;
    this.frames++;
    for (const [stage, ms] of Object.entries(stages)) this.timings.record(stage, ms as number);
  }

  /** Frames a second, and CPU time a frame, over a window of `seconds`. */
  async window(seconds: number, cpuMs: () => number): Promise<{ fps: number; cpuMs: number }> {
    const before = this.frames;
    const begin = performance.now();
    const cpuBefore = cpuMs();
    this.counting = true;
    await sleep(seconds * 1000);
    this.counting = false;
    const frames = this.frames - before;
    return { fps: (frames * 1000) / (performance.now() - begin), cpuMs: (cpuMs() - cpuBefore) / frames };
  }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** The whole path and the bare network in turn, in the same processes, so that the machine's moods hit both. */
async function measure(
  agent: Agent,
  tally: Tally,
  { rounds, seconds }: BenchOptions,
): Promise<Pick<BenchResult, 'fps' | 'ceiling_fps' | 'ratio' | 'ceiling_latency_ms' | 'cpu_ms'>> {
  const cpuMs = (): number =>
    [process.pid, ...descendantsOf(process.pid)].reduce((sum, pid) => sum + processCpuMs(pid), 0);
  const results: { path: { fps: number; cpuMs: number }; ceiling: NativeCeiling; networkMs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    if (process.stderr.isTTY) process.stderr.write(`\rround ${round + 1} of ${rounds} …`);
    await sleep(settleMs);
    const path = await tally.window(seconds, cpuMs);
    const cpuBefore = cpuMs();
    const ceiling = await agent.measureCeiling(seconds / 2);
    const networkMs = (cpuMs() - cpuBefore) / ceiling.inferences;
    results.push({ path, ceiling, networkMs });
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  const middle = (of: (result: (typeof results)[number]) => number): number =>
    rounded(median(results.map(of)));
  return {
    fps: middle(({ path }) => path.fps),
    ceiling_fps: middle(({ ceiling }) => ceiling.fps),
    ratio: middle(({ path, ceiling }) => path.fps / ceiling.fps),
    ceiling_latency_ms: middle(({ ceiling }) => ceiling.latencyP50Ms),
    cpu_ms: {
      frame: middle(({ path }) => path.cpuMs),
      network: middle(({ networkMs }) => networkMs),
      rest: middle(({ path, networkMs }) => path.cpuMs - networkMs),
    },
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

async function bench(options: BenchOptions): Promise<void> {
  const { config } = loadConfig({
    configFile: options.config,
    flags: { ...options, pace: options.pace ?? 'max' },
  });
  // A bench beside a running agent: any free port will do.
  if (config.mqtt.url === undefined) config.mqtt.embedded_port = 0;
  const model = await deployableModel(config);
  const tally = new Tally();
  let opened: (info: SessionInfo) => void = () => {};
  const ready = new Promise<SessionInfo>((resolve) => {
    opened = resolve;
  });
  const line = openingLine();
  const agent = new Agent({
    config,
    model,
    logger: createLogger({ level: 'warn' }),
    version: agentVersion,
    observer: { onOpening: line.show, onReady: opened, onPose: ({ stages }) => tally.add(stages) },
  });
  await agent.start();
  try {
    const info = await Promise.race([ready, agent.finished.then(() => undefined)]).finally(line.end);
    if (!info) throw new Error('the agent ended before the model was open');
    await sleep(1000);
    await agent.stats();
    const figures = await measure(agent, tally, options);
    const { cameras, rss_mb } = await agent.stats();
    const drops = Object.values(cameras).flatMap((camera) => Object.values(camera.drops));
    print(
      {
        ...figures,
        frames: tally.frames,
        dropped: drops.reduce((sum, count) => sum + count, 0),
        stages: tally.timings.snapshot({ reset: false }),
        memory_mb: rss_mb,
        model: model.id,
        engine: info.engine,
        device: info.deviceName,
        precision: info.precision,
      },
      options.json === true,
    );
  } finally {
    await agent.stop();
  }
}

function print(result: BenchResult, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const {
    fps,
    ceiling_fps,
    ratio,
    frames,
    dropped,
    stages,
    model,
    engine,
    device,
    precision,
    memory_mb,
    cpu_ms,
  } = result;
  const { agent, worker, capture } = memory_mb;
  const memory = [`${mib(agent)} agent`, `${mib(worker)} worker`, `${mib(capture)} capture`];
  const lines = [
    `${model} on ${engine}, ${device}, ${precision}`,
    `whole agent    ${fps.toFixed(1).padStart(8)} fps  (${frames} frames, ${dropped} dropped)`,
    `network alone  ${ceiling_fps.toFixed(1).padStart(8)} fps`,
    `ratio          ${ratio.toFixed(3).padStart(8)}`,
    `CPU a frame    ${cpu_ms.frame.toFixed(1).padStart(8)} ms   (network alone ${cpu_ms.network.toFixed(1)}, the rest ${cpu_ms.rest.toFixed(1)})`,
    `memory         ${memory.join(' + ')}`,
    '',
    'stage            p50      p95      p99   ms',
    ...Object.entries(stages).map(([stage, { p50, p95, p99 }]) =>
      [stage.padEnd(11), ...[p50, p95, p99].map((ms) => ms.toFixed(2).padStart(8))].join(' '),
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function mib(value: number | null | undefined): string {
  return `${value?.toFixed(0) ?? '?'} MiB`;
}

/** `pose-agent bench`: the whole agent's rate beside the bare network's. */
export function benchCommand(): Command {
  return addConfigOptions(
    new Command('bench').description('measure the whole agent path and the network alone, in turn'),
  )
    .option('--seconds <s>', 'length of each measurement of the path', positive, 6)
    .option('--rounds <n>', 'measurements; the median counts', positiveInteger, 3)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Files are read as fast as they come unless --pace realtime says otherwise.

Examples:
  pose-agent bench
  pose-agent bench --source clip.mp4 --mqtt mqtt://127.0.0.1:1883 --json`,
    )
    .action(bench);
}
