import { join } from 'node:path';
import { readGpuLoad } from '../jetson/read-gpu-load.js';
import { readPower } from '../jetson/read-power.js';
import { contractVersion, type StatsPayload } from '../mqtt/payloads.js';
import type { CameraTelemetry } from '../telemetry/camera-telemetry.js';
import { ClockSync } from '../telemetry/clock-sync.js';
import { EventLoopDelay } from '../telemetry/event-loop-delay.js';
import { readTemperatures } from '../telemetry/read-temperatures.js';
import { descendantsOf, unsharedBytes } from './process-tree.js';

export interface StatsReporterOptions {
  session: string;
  intervalSeconds: number;
  /** By id. */
  cameras: () => ReadonlyMap<string, CameraTelemetry>;
  /** The worker's resident memory in bytes; null while there is none. */
  workerRss: () => number | null;
  /** Undefined while there is none. */
  workerPid: () => number | undefined;
  preparing: () => StatsPayload['preparing'];
  mqtt: () => StatsPayload['mqtt'];
  /** Undefined where no commands are taken. */
  commands: () => StatsPayload['commands'];
  publish: (stats: StatsPayload) => void;
  /** Where the machine's files lie; / by default. */
  root?: string;
}

/** Collects the figures of the device and publishes them at an interval. */
export class StatsReporter {
  readonly #options: StatsReporterOptions;
  readonly #loopDelay = new EventLoopDelay();
  readonly #clockSync = new ClockSync();
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: StatsReporterOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loopDelay.start();
    this.restart(this.#options.intervalSeconds);
  }

  /** Seconds from one message to the next, from now on. */
  restart(seconds: number): void {
    if (this.#stopped) return;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => void this.collect().then(this.#options.publish), seconds * 1000);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#loopDelay.stop();
  }

  /** Everything since the last call. */
  async collect(): Promise<StatsPayload> {
    const { root = '/' } = this.#options;
    const temperatures = await readTemperatures(join(root, 'sys/class/thermal'));
    const gpuLoad = await readGpuLoad(root);
    const power = await readPower(root);
    const clockSynced = await this.#clockSync.isSynced();
    const { session, cameras, workerRss, workerPid, preparing, mqtt, commands } = this.#options;
    const worker = workerRss();
    const requests = commands();
    return {
      v: contractVersion,
      ts: Date.now(),
      clock_synced: clockSynced,
      session,
      uptime_s: Math.round((performance.now() - this.#startedAt) / 1000),
      rss_mb: {
        agent: mebibytes(process.memoryUsage.rss()),
        worker: worker === null ? null : mebibytes(worker),
        capture: mebibytes(captureBytes(workerPid())),
      },
      loop_p99_ms: this.#loopDelay.takeP99(),
      temperatures_c: temperatures,
      gpu_load: gpuLoad,
      power_w: power,
      preparing: preparing(),
      mqtt: mqtt(),
      ...(requests === undefined ? {} : { commands: requests }),
      cameras: Object.fromEntries([...cameras()].map(([id, telemetry]) => [id, telemetry.take()])),
    };
  }
}

/** Of all that the worker has begun. */
function captureBytes(workerPid: number | undefined): number {
  const processes = workerPid === undefined ? [] : descendantsOf(workerPid);
  return processes.reduce((sum, pid) => sum + unsharedBytes(pid), 0);
}

function mebibytes(bytes: number): number {
  return Math.round((bytes / 2 ** 20) * 10) / 10;
}
