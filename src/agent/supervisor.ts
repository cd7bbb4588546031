import { AgentError } from '../errors.js';
import type { Logger } from '../telemetry/logger.js';
import { MessageGuard } from '../worker/message-guard.js';
import type { FromWorker, StartMessage, WorkerCamera } from '../worker/messages.js';
import { countMemoryKills } from './count-memory-kills.js';
import { LossWindow } from './loss-window.js';
import { openLimitSeconds } from './open-limit.js';
import { WorkerLink } from './worker-link.js';
import { WorkerOutput } from './worker-output.js';

/** A worker that says nothing for this long hangs, for its heart beats every second: it is gone within 10 s. */
const silenceLimitMs = 9_000;
/** Then its messages have this long to be read. */
const lastChanceMs = 500;
/** Opening a model may block everything while a device compiles it. */
const startLimitMs = 120_000;
/** A killed worker is gone by then, unless it hangs in the kernel. */
const graceMs = 10_000;
const stopLimitMs = 2_000;
const killLimitMs = 1_000;
/** No longer, so that poses are back within 5 s: what fails more often than this can bear is a crash loop. */
const restartDelaysMs = [100, 500, 1_000, 2_000];
/** So many losses within the window are a crash loop: another worker is tried only now and then, for the cause may go. */
const crashLoop = { losses: 3, windowMs: 60_000, retryMs: 5 * 60_000 };
/** A worker whose model was open this long was well: the next one starts without a pause again. */
const healthyAfterMs = 60_000;

export interface SupervisorOptions {
  logger: Logger;
  /** Asked for every new worker, so that numbering goes on. */
  startMessage: () => StartMessage;
  /** How many the model gives a person. */
  keypoints: number;
  onMessage: (message: FromWorker) => void;
  onWorkerLost: (error: AgentError) => void;
  /** Called after onWorkerLost, where this loss makes a crash loop. */
  onCrashLoop: (error: AgentError) => void;
  /** The worker ended because every camera did. */
  onFinished: () => void;
  /** How long a worker's model may take to open, whatever signs of life there are. */
  openLimitSeconds?: number | undefined;
}

/** `opening`: from its start until its model is open; `waiting`: for the next start. */
export type SupervisorState = 'opening' | 'running' | 'waiting' | 'ended';

/** Keeps one worker running: starts it, watches its heartbeat, starts another when it ends or hangs. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #output: WorkerOutput;
  #link: WorkerLink | undefined;
  #guard: MessageGuard | undefined;
  #startedAt = 0;
  /** When the model was open; undefined before. */
  #readyAt: number | undefined;
  #lastSignAt = 0;
  #restarts = 0;
  readonly #losses = new LossWindow(crashLoop.windowMs);
  /** Killed because it did nothing. */
  #hung = false;
  #failure: AgentError | undefined;
  /** It said that every camera has ended. */
  #finished = false;
  /** As countMemoryKills() when the worker began. */
  #memoryKillsBefore: number | null = null;
  #watchdog: NodeJS.Timeout | undefined;
  #openingTimer: NodeJS.Timeout | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #onGone: (() => void) | undefined;
  #stopped = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { logger } = options;
    this.#output = new WorkerOutput({
      tell: (line, more) => logger.warn({ from: 'worker', ...(more > 0 ? { more } : {}) }, line),
    });
  }

  get workerPid(): number | undefined {
    return this.#link?.pid;
  }

  get state(): SupervisorState {
    if (this.#link) return this.#ready ? 'running' : 'opening';
    return this.#restartTimer === undefined ? 'ended' : 'waiting';
  }

  /** False where the worker should long have been replaced and was not: only a new agent can help then. */
  get healthy(): boolean {
    return this.#link === undefined || performance.now() - this.#lastSignAt < this.#silenceLimitMs + graceMs;
  }

  start(): void {
    this.#restartTimer = undefined;
    const startMessage = this.#options.startMessage();
    const guard = new MessageGuard(startMessage, this.#options.keypoints);
    this.#guard = guard;
    let trusted = true;
    const distrust = (reason: string): void => {
      trusted = false;
      this.#end(new AgentError('WORKER_MESSAGE_INVALID', `the worker sent ${reason}`));
    };
    const link = new WorkerLink({
      cameras: startMessage.cameras.length,
      onMessage: (message) => {
        // What it had sent before it was ended may be no better.
        if (!trusted) return;
        const fault = guard.fault(message);
        if (fault === undefined) this.#received(message as FromWorker);
        else distrust(fault);
      },
      onFault: distrust,
      onOutput: (line) => this.#said(line),
      onExit: (code, signal) => this.#exited(code, signal),
    });
    this.#link = link;
    this.#readyAt = undefined;
    this.#hung = false;
    this.#failure = undefined;
    this.#finished = false;
    this.#startedAt = performance.now();
    this.#memoryKillsBefore = countMemoryKills();
    try {
      link.start();
    } catch (error) {
      this.#failure = new AgentError(
        'WORKER_FAILED',
        `no worker can be started: ${(error as Error).message}`,
      );
      this.#exited(null, null);
      return;
    }
    link.send(startMessage);
    this.#expectSignOfLife();
    this.#expectOpen();
  }

  send(message: Parameters<WorkerLink['send']>[0]): void {
    this.#link?.send(message);
  }

  /** All cameras from now on; another worker asks for them itself. */
  setCameras(cameras: WorkerCamera[]): void {
    this.#guard?.expect(cameras);
    this.#link?.expect(cameras.length);
    this.#link?.send({ type: 'cameras', cameras });
  }

  /** Asks the worker to end, kills it after 2 s, and resolves when it is gone, or a second later where even that does
   *  not end it: a process can hang in the kernel, and then ends when the kernel lets it. */
  stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#restartTimer);
    this.#restartTimer = undefined;
    this.#endWatches();
    const link = this.#link;
    if (!link) return Promise.resolve();
    this.#guard?.stopping();
    link.send({ type: 'stop' });
    // One that is still opening its model cannot end by itself.
    const limit = this.#ready ? stopLimitMs : 0;
    return new Promise((resolve) => {
      const timers = [setTimeout(() => link.kill(), limit), setTimeout(resolve, limit + killLimitMs)];
      this.#onGone = () => {
        timers.forEach(clearTimeout);
        resolve();
      };
    });
  }

  #received(message: FromWorker): void {
    if (message.type === 'ready') {
      this.#readyAt = performance.now();
      clearTimeout(this.#openingTimer);
    }
    if (message.type === 'finished') this.#finished = true;
    if (message.type === 'failed') this.#failure = new AgentError(message.code, message.message);
    // The beat comes every second from the thread that sends poses: a timer a frame would say no more.
    if (message.type !== 'pose') this.#expectSignOfLife();
    this.#options.onMessage(message);
  }

  /** Puts an end to a worker that lives but does not do its work; another one follows. */
  replace(reason: string): void {
    this.#hung = true;
    this.#end(new AgentError('WORKER_HUNG', reason));
  }

  #end(failure: AgentError): void {
    this.#failure = failure;
    this.#link?.kill();
  }

  get #ready(): boolean {
    return this.#readyAt !== undefined;
  }

  get #silenceLimitMs(): number {
    return this.#ready ? silenceLimitMs : startLimitMs;
  }

  #expectSignOfLife(): void {
    this.#lastSignAt = performance.now();
    clearTimeout(this.#watchdog);
    if (this.#stopped) return;
    const limit = this.#silenceLimitMs;
    const reason = `the worker gave no sign of life for ${limit / 1000} s`;
    this.#watchdog = setTimeout(() => {
      // Where this process was stopped itself, with the whole machine perhaps, the worker's beats are still unread.
      this.#watchdog = setTimeout(() => this.replace(reason), lastChanceMs);
    }, limit);
  }

  /** The beats of a worker whose engine hangs in a build go on: they come from another thread. */
  #expectOpen(): void {
    const limit = this.#options.openLimitSeconds ?? openLimitSeconds;
    // It did not wait for a camera, as one that hung may have: this loss counts.
    this.#openingTimer = setTimeout(
      () => this.#end(new AgentError('WORKER_HUNG', `the model was not open after ${limit} s`)),
      limit * 1000,
    );
  }

  #endWatches(): void {
    clearTimeout(this.#watchdog);
    clearTimeout(this.#openingTimer);
  }

  #said(line: string): void {
    const { logger } = this.#options;
    // Whoever looks for a fault wants all of it.
    if (logger.isLevelEnabled('debug')) logger.warn({ from: 'worker' }, line);
    else this.#output.line(line);
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.#endWatches();
    this.#output.summarise();
    this.#link = undefined;
    if (this.#stopped) {
      this.#onGone?.();
    } else if (this.#finished && code === 0) {
      this.#options.onFinished();
    } else {
      this.#lost(code, signal);
    }
  }

  #lost(code: number | null, signal: NodeJS.Signals | null): void {
    const error = this.#failure ?? this.#unexplained(code, signal);
    const now = performance.now();
    // One that hung may have waited for a camera, which comes back at any time.
    this.#losses.add({ now, openMs: (this.#readyAt ?? now) - this.#startedAt, counts: !this.#hung });
    this.#options.onWorkerLost(error);
    if (this.#losses.count >= crashLoop.losses && !this.#stopped) this.#options.onCrashLoop(error);
    if (this.#stopped) return;
    this.#restartTimer = setTimeout(() => this.start(), this.#nextDelayMs(now));
  }

  /** The error of an end that nobody announced. */
  #unexplained(code: number | null, signal: NodeJS.Signals | null): AgentError {
    const killed = signal === 'SIGKILL';
    if (killed && (countMemoryKills() ?? 0) > (this.#memoryKillsBefore ?? Number.POSITIVE_INFINITY)) {
      return new AgentError('WORKER_OUT_OF_MEMORY', 'the kernel killed the worker because memory ran out');
    }
    const how = signal ? `was ended by ${signal}` : `exited with code ${code}`;
    return new AgentError('WORKER_FAILED', `the worker ${how}`);
  }

  #nextDelayMs(now: number): number {
    if (this.#losses.count >= crashLoop.losses) return crashLoop.retryMs;
    // To wait for a word of one that hung was pause enough.
    if (this.#hung || now - (this.#readyAt ?? now) > healthyAfterMs) this.#restarts = 0;
    return restartDelaysMs[Math.min(this.#restarts++, restartDelaysMs.length - 1)] as number;
  }
}
