import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Mapping } from '../config/assignment.js';
import { type ConfigChange, configChange, needsNewWorker } from '../config/config-change.js';
import { ConfigInvalidError } from '../config/config-problem.js';
import type { ConfigSources } from '../config/config-sources.js';
import type { ConfigReset, ConfigStore } from '../config/config-store.js';
import type { DesiredDocument, Refusal } from '../config/desired-document.js';
import { examineRemote } from '../config/examine-remote.js';
import { type Judgement, judgeDesired } from '../config/judge-desired.js';
import { type ReportedConfig, rejectedReport } from '../config/reported-config.js';
import type { CameraConfig, Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import type { ResolvedModel } from '../models/resolve.js';
import type { EventPayload } from '../mqtt/payloads.js';
import { RateLimit } from '../mqtt/rate-limit.js';
import { WorkShare } from '../mqtt/work-share.js';
import type { Logger } from '../telemetry/logger.js';
import { redactUrls } from '../telemetry/redact-urls.js';
import { modelRefusal } from './model-refusal.js';
import { publishedSkeleton } from './published-skeleton.js';
import { skeletonRefusal } from './skeleton-refusal.js';
import type { Stage } from './stage.js';
import { StoreLater } from './store-later.js';
import type { TaskQueue } from './task-queue.js';

/** Of documents that wait for the one before to be judged; of more the oldest are forgotten. */
const maxWaitingBytes = 2 ** 21;
/** Refusals, and documents that are not answered, that log and events tell per second; every refusal has its report. */
const toldPerSecond = 5;

/** What an event says of itself; when and where is added when it is published. */
export type AgentEvent = Pick<EventPayload, 'type' | 'code' | 'message' | 'detail'>;

export interface RemoteConfigOptions {
  sources: ConfigSources;
  /** Reads file, environment and flags anew. Throws AgentError CONFIG_UNREADABLE. */
  readSources: () => ConfigSources;
  store: ConfigStore;
  stage: Stage;
  queue: TaskQueue;
  logger: Logger;
  /** Throws AgentError where the model is not to be had. */
  resolveModel: (config: Config) => Promise<ResolvedModel>;
  isModelName: (name: string) => boolean;
  /** Takes over what needs no new worker. */
  applyLive: (config: Config) => void;
  report: (report: ReportedConfig) => void;
  event: (event: AgentEvent) => void;
  /** No configuration is on probation any more. */
  onJudged: () => void;
}

type ToApply = Extract<Judgement, { outcome: 'apply' }>;

/**
 * Obeys config/desired: a document is judged, stored, put to work on probation, and kept or rolled back. A newer one
 * does not wait for the probation of an older one; it ends it.
 */
export class RemoteConfig {
  readonly #options: RemoteConfigOptions;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  readonly #judging = new WorkShare();
  readonly #told = new RateLimit(toldPerSecond);
  /** Refusals that were not told since the last that was. */
  #untold = 0;
  readonly #storeLater: StoreLater;
  #sources: ConfigSources;
  /** Without frames when a good configuration was left last. */
  #away: readonly CameraConfig[] = [];

  constructor(options: RemoteConfigOptions) {
    this.#options = options;
    this.#sources = options.sources;
    this.#storeLater = new StoreLater({
      write: () => options.store.writeUnwritten(),
      what: 'the roll-back of the configuration',
      logger: options.logger,
    });
  }

  /** Says again what was said last, and goes on with a probation that the last agent did not finish. */
  start(): void {
    const { store } = this.#options;
    const { accepted, lastTerminalReport, active } = store.state;
    const onProbation = active?.phase === 'probation';
    const last = onProbation ? accepted?.report : lastTerminalReport;
    if (last) this.#options.report(last);
    if (onProbation) this.#watch(active.version, new Set(active.excused));
    this.#storeLater.begin(); // of a roll-back at the start
  }

  stop(): void {
    this.#storeLater.stop();
  }

  /** A message on config/desired. */
  receive(payload: Uint8Array): void {
    if (payload.length === 0) return; // the topic was cleared
    this.#waiting.push(payload);
    this.#options.queue.push(() => this.#next());
    this.#waitingBytes += payload.length;
    while (this.#waitingBytes > maxWaitingBytes) {
      // uncovered: where bytes wait, a document waits
      this.#waitingBytes -= this.#waiting.shift()?.length ?? 0;
      if (this.#told.allow(performance.now())) {
        this.#options.logger.error('too many configurations at once: the oldest is not answered');
      }
    }
  }

  /** What would be said against a configuration if it were desired; undefined for nothing. Changes nothing. */
  examine(config: Mapping): Refusal | undefined {
    const { isModelName, stage } = this.#options;
    const examined = examineRemote(config, { sources: this.#sources, isModelName });
    if ('refusal' in examined) return examined.refusal;
    const next = examined.loaded.config;
    const running = stage.deployment?.model;
    // Of another model it is known only when that is read.
    if (!running || next.model.id !== stage.config.model.id) return undefined;
    return skeletonRefusal(next, running);
  }

  /**
   * Applies what has changed in the local file, without probation: whoever changed it is at the box.
   * Throws AgentError CONFIG_UNREADABLE, CONFIG_INVALID, CONFIG_NEEDS_RESTART, DEPLOYMENT_BUSY, SKELETON_MISMATCH, and
   * what the model's resolution throws.
   */
  reload(): Promise<void> {
    const { stage, store, queue, readSources, resolveModel, applyLive, logger } = this.#options;
    return queue.add(async () => {
      if (stage.onTrial) throw new AgentError('DEPLOYMENT_BUSY', 'a configuration or model is on probation');
      const sources = readSources();
      const { config } = sources.effective(store.state.active?.config);
      const change = configChange(stage.config, config);
      const { scope, paths } = change;
      if (scope === 'agent') {
        throw new AgentError(
          'CONFIG_NEEDS_RESTART',
          `only a restart takes over what changed: ${paths.join(', ')}`,
        );
      }
      const model = this.#needsDeployment(change) ? await resolveModel(config) : undefined;
      if (!model) stage.configure(config);
      this.#sources = sources;
      logger.info({ scope, changed: paths }, 'the local configuration was read again');
      applyLive(config);
      if (model) await stage.deploy({ config, model });
    });
  }

  /**
   * Forgets every document, for whoever is at the box: the local file alone is in effect, and every version is taken
   * again. Throws AgentError CONFIG_STORE_UNWRITABLE, and then forgets nothing.
   */
  reset(): Promise<ConfigReset> {
    const { store, queue, logger, event } = this.#options;
    return queue.add(async () => {
      const reset = await store.reset();
      const message = 'the remote configuration was reset on the device: the local file alone is in effect';
      logger.warn({ version: reset.version }, message);
      event({ type: 'rollback', message, detail: { version: reset.version } });
      try {
        await this.#takeOver(this.#sources.effective().config);
      } catch (error) {
        if (!(error instanceof AgentError)) throw error;
        logger.error({ code: error.code }, error.message);
      }
      this.#options.onJudged();
      return reset;
    });
  }

  /** Puts a configuration to work that nobody has to prove. Throws what the model's resolution throws. */
  async #takeOver(config: Config): Promise<void> {
    const { stage, resolveModel, applyLive } = this.#options;
    const model = this.#needsDeployment(configChange(stage.config, config))
      ? await resolveModel(config)
      : undefined;
    if (!model) stage.configure(config);
    applyLive(config);
    if (model) await stage.deploy({ config, model });
  }

  async #next(): Promise<void> {
    const payload = this.#waiting.shift();
    if (payload === undefined) return; // forgotten
    this.#waitingBytes -= payload.length;
    const { store, stage, isModelName, report } = this.#options;
    const begun = performance.now();
    const judgement = judgeDesired(payload, {
      state: store.state,
      running: stage.config,
      sources: this.#sources,
      isModelName,
    });
    const pause = this.#judging.pauseAfter(performance.now() - begun);
    if (judgement.outcome === 'refused') await this.#refuse(judgement.report);
    else if (judgement.outcome === 'repeated') report(judgement.report);
    else await this.#apply(judgement);
    // Whoever sends one after the other takes no more than a part of this process.
    if (pause > 0 && this.#waiting.length > 0) await sleep(pause);
  }

  async #refuse(refused: ReportedConfig): Promise<void> {
    const { store, report, event, logger } = this.#options;
    const { version, message } = refused;
    if (sameReport(refused, store.state.lastTerminalReport)) {
      report(refused); // a retained document comes again with every connect
      return;
    }
    // What the next one says is what counts after a restart: a burst of them costs the disk one write.
    if (this.#waiting.length === 0) await this.#remember(refused);
    report(refused);
    if (!this.#told.allow(performance.now())) {
      this.#untold++;
      return;
    }
    const untold = this.#untold > 0 ? { before: `${this.#untold} more were refused and not told` } : {};
    this.#untold = 0;
    const facts = { version, code: refused.code, errors: refused.errors, ...untold };
    logger.warn(facts, `configuration refused: ${message}`);
    const detail = { version };
    if (refused.code === 507) event({ type: 'disk_full', code: 'CONFIG_STORE_UNWRITABLE', message, detail });
    else event({ type: 'rejected', code: 'CONFIG_INVALID', message, detail });
  }

  /** A disk that is full changes nothing about a refusal. */
  #remember(refused: ReportedConfig): Promise<void> {
    const { store, logger } = this.#options;
    return store
      .recordReport(refused)
      .catch((error: AgentError) => logger.error({ code: error.code }, error.message));
  }

  async #apply({ document, loaded, change }: ToApply): Promise<void> {
    const { store, stage, applyLive, report, logger } = this.#options;
    const { config } = loaded;
    const needsDeployment = this.#needsDeployment(change);
    const model = await this.#modelFor(config, document, needsDeployment);
    if (model === undefined) return;
    const excused = this.#awayBefore(config);
    let reports: ReportedConfig[];
    try {
      reports = await store.beginProbation(document, excused);
    } catch (error) {
      await this.#refuse(this.#unstorable(document, error));
      return;
    }
    const { version, id } = document;
    logger.info({ version, id, scope: change.scope, changed: change.paths }, 'applying a configuration');
    for (const one of reports) report(one);
    applyLive(config);
    if (!needsDeployment) {
      stage.configure(config);
      await this.#keep(version);
      return;
    }
    await stage.deploy({ config, model });
    this.#watch(version, new Set(excused));
  }

  #needsDeployment(change: ConfigChange): boolean {
    const { scope, paths } = change;
    const { stage } = this.#options;
    // A model whose keypoints could not be published may be what is missing.
    if (!stage.deployment && paths.includes('output.skeleton')) return true;
    // What an untried configuration runs with counts as untried, even where the next one changes none of it.
    return needsNewWorker(change) || scope === 'cameras' || stage.onTrial;
  }

  /** The model that the configuration names; where it cannot be had or published, the document is refused. */
  async #modelFor(
    config: Config,
    document: DesiredDocument,
    needsDeployment: boolean,
  ): Promise<ResolvedModel | undefined> {
    const { stage, resolveModel, store } = this.#options;
    const running = stage.deployment?.model;
    try {
      if (needsDeployment || !running) return await resolveModel(config);
      publishedSkeleton(config, running);
      return running;
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      await this.#refuse(rejectedReport({ document, lastGood: store.state.lastGood }, modelRefusal(error)));
      return undefined;
    }
  }

  #unstorable(document: DesiredDocument, error: unknown): ReportedConfig {
    if (!(error instanceof AgentError)) throw error;
    const refusal: Refusal = { code: 507, message: error.message, problems: [] };
    return rejectedReport({ document, lastGood: this.#options.store.state.lastGood }, refusal);
  }

  /** Cameras that gave no frames before either, for whose absence the new configuration is not to blame. */
  #awayBefore(next: Config): string[] {
    const { stage } = this.#options;
    // Those of a configuration that is on probation itself never were there.
    if (!stage.onTrial) this.#away = stage.away;
    const same = this.#away.filter((away) => next.cameras.some((camera) => isDeepStrictEqual(camera, away)));
    return same.map(({ id }) => id);
  }

  /** Does not hold the queue: a newer document need not wait for the verdict. */
  #watch(version: number, excused: ReadonlySet<string>): void {
    const { stage, queue } = this.#options;
    void stage.tryOut(stage.config.control.probation_s, excused).then((failure) => {
      if (stage.stopped) return; // the next agent goes on
      queue.push(() => (failure ? this.#giveUp(version, failure) : this.#keep(version)));
    });
  }

  async #keep(version: number): Promise<void> {
    const { store, report, logger } = this.#options;
    if (!this.#isOnProbation(version)) return;
    try {
      report(await store.markGood());
      logger.info({ version }, 'the configuration is good');
      this.#options.onJudged();
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      await this.#giveUp(version, error);
    }
  }

  /** Brings the last good configuration back. */
  async #giveUp(version: number, failure: AgentError): Promise<void> {
    const { store, stage, report, event, logger, applyLive, resolveModel } = this.#options;
    if (!this.#isOnProbation(version)) return; // a newer one has taken its place
    const reason = redactUrls(failure.message);
    logger.error({ version, code: failure.code }, `the configuration is rolled back: ${reason}`);
    await store.rollBack(reason).catch((error: AgentError) => {
      logger.error({ code: error.code }, `rolled back, but not stored yet: ${error.message}`);
      this.#storeLater.begin();
    });
    const { active, lastTerminalReport } = store.state;
    try {
      const config = this.#goodConfig(active?.config);
      applyLive(config);
      await stage.deploy({ config, model: await resolveModel(config) });
    } finally {
      // Even where what was good before does not start any more.
      report(lastTerminalReport as ReportedConfig);
      event({ type: 'rollback', code: failure.code, message: reason, detail: { version } });
      this.#options.onJudged();
    }
  }

  /** The local file may have changed since it went well with the document. */
  #goodConfig(remote: Mapping | undefined): Config {
    try {
      return this.#sources.effective(remote).config;
    } catch (error) {
      if (!(error instanceof ConfigInvalidError)) throw error;
      return this.#sources.effective().config;
    }
  }

  #isOnProbation(version: number): boolean {
    const { active } = this.#options.store.state;
    return active?.phase === 'probation' && active.version === version;
  }
}

function sameReport({ ts: _, ...report }: ReportedConfig, last: ReportedConfig | null): boolean {
  if (last === null) return false;
  const { ts: __, ...before } = last;
  return isDeepStrictEqual(report, before);
}
