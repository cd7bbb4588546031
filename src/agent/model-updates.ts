import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import { addedEntry, isAdded, readAdded } from '../models/added-models.js';
import { type Catalog, type CatalogEntry, loadCatalog, totalBytes } from '../models/catalog.js';
import { collectGarbage } from '../models/collect-garbage.js';
import { installUpdate } from '../models/install-update.js';
import { isInstalled, type ResolvedModel } from '../models/installed-model.js';
import { knownTime } from '../models/known-time.js';
import { ModelSlots } from '../models/model-slots.js';
import { findInstalledPackage } from '../models/model-source.js';
import { pull } from '../models/pull.js';
import { standsFor } from '../models/slots-state.js';
import { ModelStore } from '../models/store.js';
import type { CommandData } from '../mqtt/commands.js';
import { ClockSync } from '../telemetry/clock-sync.js';
import type { Logger } from '../telemetry/logger.js';
import type { AgentEvent } from './remote-config.js';
import { rollBackModel } from './roll-back-model.js';
import type { Stage } from './stage.js';
import { countedStart } from './start-model.js';
import { StoreLater } from './store-later.js';
import type { TaskQueue } from './task-queue.js';

export interface ModelUpdatesOptions {
  stage: Stage;
  queue: TaskQueue;
  logger: Logger;
  /** `proving`: the only model that is taken while it is on probation. Throws AgentError where it is not to be had. */
  resolveModel: (config: Config, proving: string | null) => Promise<ResolvedModel>;
  event: (event: AgentEvent) => void;
}

/** A clock that was set by somebody meanwhile is noticed between two looks. */
const keepTimeMs = 60 * 60 * 1000;

/** Models from afar: fetched, put to work on probation, kept or rolled back. */
export class ModelUpdates {
  readonly #options: ModelUpdatesOptions;
  readonly #slots: ModelSlots;
  readonly #store: ModelStore;
  readonly #clock = new ClockSync();
  #clockTimer: NodeJS.Timeout | undefined;
  #loadedCatalog: Catalog | undefined;
  readonly #storeLater: StoreLater;
  #updateNames: ReadonlySet<string> = new Set();
  #proving = false;
  /** The model on probation that this agent put to work. */
  #atWork: string | null = null;
  /** A model on probation that waits for the verdict on a configuration. */
  #held: string | undefined;

  constructor(options: ModelUpdatesOptions) {
    const stateDir = options.stage.config.state_dir;
    this.#options = options;
    this.#slots = new ModelSlots({ stateDir });
    this.#store = new ModelStore(stateDir);
    this.#storeLater = new StoreLater({
      write: () => this.#slots.writeUnwritten(),
      what: 'what became of the model',
      logger: options.logger,
    });
  }

  /**
   * Goes on with a probation that the last agent did not finish; where a configuration is on probation too, when that
   * is judged.
   */
  async start({ configOnProbation }: { configOnProbation: boolean }): Promise<void> {
    const { stage, queue } = this.#options;
    await this.#readNames();
    this.#storeLater.begin(); // of a roll-back at the start
    this.#keepTime();
    const { current } = await this.#slots.read();
    const slot = stage.deployment?.model.slot;
    if (slot?.phase === 'probation') this.#atWork = slot.name;
    if (configOnProbation && current?.phase === 'probation') this.#held = current.name;
    else if (slot?.phase === 'probation') queue.push(() => this.#prove(slot.name, new Set(current?.excused)));
  }

  stop(): void {
    this.#storeLater.stop();
    clearInterval(this.#clockTimer);
  }

  /** Dates of manifests are judged by it where the clock is not right one day; see knownTime. */
  #keepTime(): void {
    const keep = () => void knownTime(this.#store, { isSynced: () => this.#clock.isSynced() });
    const { keys } = this.#options.stage.config.updates;
    if (keys.length > 0) this.#clockTimer = setInterval(keep, keepTimeMs).unref();
    if (keys.length > 0) keep();
  }

  /**
   * The model that a configuration names. One that somebody activated at the box meanwhile is not taken before a
   * restart: of two new things at once nobody could tell whose fault a failure is. Throws AgentError.
   */
  resolve(config: Config): Promise<ResolvedModel> {
    return this.#options.resolveModel(config, this.#atWork);
  }

  /** A configuration is judged: what waited for that is put to work, on its own probation. */
  proveHeld(): void {
    const slot = this.#held;
    this.#held = undefined;
    if (slot !== undefined) this.#options.queue.push(() => this.#tryHeld(slot));
  }

  async #tryHeld(slot: string): Promise<void> {
    const { stage, logger } = this.#options;
    const { current } = await this.#slots.read();
    if (current?.name !== slot || current.phase !== 'probation') return;
    if (!standsFor(stage.config.model.id, slot)) return;
    let failure = await countedStart(this.#slots);
    if (failure === undefined) {
      logger.info({ model: slot }, 'the model that waited is tried');
      try {
        if (stage.deployment?.model.slot?.name !== slot) await this.#deploySlot(slot);
      } catch (error) {
        if (!(error instanceof AgentError)) throw error;
        failure = error;
      }
    }
    if (failure) await this.#leave(slot, failure);
    else await this.#prove(slot, new Set(current.excused));
  }

  /** Throws AgentError PACKAGE_DAMAGED: the agent is to be reached without it too. */
  get #catalog(): Catalog {
    this.#loadedCatalog ??= loadCatalog();
    return this.#loadedCatalog;
  }

  /** True while a model is on probation, and not a configuration. */
  get proving(): boolean {
    return this.#proving;
  }

  /** True for a name of the catalog, of an installed update or of a model that was added here. */
  knows(name: string): boolean {
    if (this.#updateNames.has(name) || isAdded(name, this.#store)) return true;
    try {
      this.#catalog.find(name);
      return true;
    } catch {
      return false;
    }
  }

  async list(): Promise<CommandData<'models-list'>> {
    const { updates } = await this.#slots.read();
    const ofCatalog = this.#catalog.entries.map(async (entry: CatalogEntry) => ({
      name: entry.name,
      title: entry.model.title,
      installed: await isInstalled(entry, this.#store, findInstalledPackage),
      bytes: totalBytes(entry.files),
      version: null,
    }));
    const ofUpdates = updates.map(({ name, model, title, bytes, version }) => ({
      name,
      title: title ?? model,
      installed: true,
      bytes,
      version,
    }));
    const { manifests } = await readAdded(this.#store);
    const ofAdded = manifests.map(async (manifest) => ({
      name: manifest.model,
      title: manifest.title ?? manifest.model,
      installed: await this.#store.has(addedEntry(manifest)),
      bytes: totalBytes(manifest.files),
      version: null,
    }));
    const models = [...(await Promise.all([...ofCatalog, ...ofAdded])), ...ofUpdates];
    return { ...(await this.#active()), models };
  }

  /** Fetches a model of the catalog. Throws AgentError as `pull` does. */
  async pull(name: string, signal: AbortSignal): Promise<CommandData<'models-pull'>> {
    const entry = this.#catalog.find(name);
    await pull(entry, { store: this.#store, mirror: process.env.POSE_AGENT_MODEL_MIRROR, signal });
    return { name: entry.name, version: null, bytes: totalBytes(entry.files) };
  }

  /** Fetches the update that a signed manifest describes. Throws AgentError as `installUpdate` does. */
  async install(url: string, signal: AbortSignal): Promise<CommandData<'models-pull'>> {
    const { state_dir: stateDir, updates: policy } = this.#options.stage.config;
    const { name, bytes } = await installUpdate(
      { url },
      { stateDir, policy, signal, isClockSynced: () => this.#clock.isSynced() },
    );
    await this.#readNames();
    return { name, version: Number(name.slice(name.lastIndexOf('@') + 1)), bytes };
  }

  /**
   * Puts an installed model to work, on probation. Resolves when its worker is started.
   * Throws AgentError MODEL_UNKNOWN, MODEL_NOT_INSTALLED, MODEL_CHECKSUM_MISMATCH, DEPLOYMENT_BUSY.
   */
  async activate(name: string): Promise<CommandData<'models-activate'>> {
    const { queue } = this.#options;
    this.#requireQuiet();
    return new Promise((answer, reject) => {
      // Holds the queue until the verdict: a configuration that comes meanwhile is applied to the model that stays.
      queue.push(async () => {
        const away = new Set(this.#options.stage.away.map(({ id }) => id));
        let slot: string | undefined;
        try {
          this.#requireQuiet();
          slot = await this.#putToWork(name, away);
          answer(await this.#active());
        } catch (error) {
          reject(error as Error);
        }
        if (slot !== undefined) await this.#prove(slot, away);
      });
    });
  }

  /** The slot's name, or undefined where it was at work already. */
  async #putToWork(name: string, away: ReadonlySet<string>): Promise<string | undefined> {
    const { stage, logger } = this.#options;
    const { id } = stage.config.model;
    if (!standsFor(id, name)) throw notSelected(id);
    const { current } = await this.#slots.read();
    const slot = await this.#slots.activate(name, [...away]);
    if (stage.deployment?.model.slot?.name === slot) return undefined;
    logger.info({ model: slot }, 'a model is activated');
    try {
      await this.#deploySlot(slot);
    } catch (error) {
      this.#atWork = null;
      if (current?.name !== slot) await this.#slots.rollBack({ from: slot, evenUnwritten: true });
      throw error;
    }
    return slot;
  }

  /**
   * Goes back to the model before. A model on probation that is not open yet fails it, for that may take an hour.
   * Throws AgentError MODEL_SLOT_EMPTY, DEPLOYMENT_BUSY.
   */
  async rollBack(): Promise<CommandData<'models-rollback'>> {
    const { queue, stage } = this.#options;
    const given = new AgentError('TRIAL_FAILED', 'models-rollback came before the model was open');
    // Its failure rolls it back, ahead of what the queue holds.
    if (this.#proving && stage.endOpening(given)) return queue.add(() => this.#active());
    this.#requireQuiet();
    return queue.add(async () => {
      this.#requireQuiet();
      await this.#requireDeployable((await this.#slots.read()).previous);
      const done = await this.#slots.rollBack({ evenUnwritten: true });
      if (done?.unwritten) this.#notStored(done.unwritten);
      await this.#redeploy();
      return this.#active();
    });
  }

  /** Before the slots say that it is the current one: what a roll-back goes to must run under today's configuration. */
  async #requireDeployable(previous: string | null | undefined): Promise<void> {
    const { config } = this.#options.stage;
    if (previous != null) await this.resolve({ ...config, model: { ...config.model, id: previous } });
  }

  async #readNames(): Promise<void> {
    const { updates } = await this.#slots.read();
    this.#updateNames = new Set(updates.flatMap(({ model, name }) => [model, name]));
  }

  /** Updates that nothing can go back to any more would fill the disk in the end. */
  async #clearAway(): Promise<void> {
    const { state_dir: stateDir, model } = this.#options.stage.config;
    const { removed, bytes } = await collectGarbage({ stateDir, keep: [model.id] });
    if (removed.length > 0) this.#options.logger.info({ removed, bytes }, 'old models are cleared away');
    await this.#readNames();
  }

  /** Two things that prove themselves at once could not tell whose fault a failure is. */
  #requireQuiet(): void {
    if (!this.#options.stage.onTrial) return;
    throw new AgentError('DEPLOYMENT_BUSY', 'a configuration or model is on probation');
  }

  async #active(): Promise<CommandData<'models-activate'>> {
    const { current, previous } = await this.#slots.read();
    return {
      active: current?.name ?? this.#options.stage.deployment?.model.name ?? null,
      previous: previous ?? null,
    };
  }

  async #deploySlot(slot: string): Promise<void> {
    const { stage } = this.#options;
    const { config } = stage;
    this.#atWork = slot;
    const model = await this.resolve(config);
    if (model.slot?.name !== slot) throw notSelected(config.model.id);
    await stage.deploy({ config, model });
  }

  async #redeploy(): Promise<void> {
    const { stage } = this.#options;
    const { config } = stage;
    await stage.deploy({ config, model: await this.resolve(config) });
  }

  async #prove(slot: string, away: ReadonlySet<string>): Promise<void> {
    const { stage, logger } = this.#options;
    this.#proving = true;
    const failure = await stage.tryOut(stage.config.control.probation_s, away);
    this.#proving = false;
    if (stage.stopped) return; // the next agent goes on
    if (failure === undefined) {
      const unwritten = await this.#slots.markGood(slot);
      logger.info({ model: slot }, 'the model is good');
      if (unwritten) this.#notStored(unwritten);
      else await this.#clearAway();
      return;
    }
    await this.#leave(slot, failure);
  }

  /** A model has failed: the one before it runs again, on a full disk too. */
  async #leave(slot: string, failure: AgentError): Promise<void> {
    const { logger, event } = this.#options;
    this.#atWork = null;
    const back = await rollBackModel(this.#slots, slot, failure);
    logger.error({ model: slot, code: failure.code }, `the model is rolled back: ${back.reason}`);
    if (!back.stored) this.#storeLater.begin();
    try {
      await this.#redeploy();
    } finally {
      event(back.event);
    }
  }

  #notStored({ code, message }: AgentError): void {
    this.#options.logger.error({ code }, `it is in effect, but not stored yet: ${message}`);
    this.#storeLater.begin();
  }
}

function notSelected(id: string): AgentError {
  const message = `the configuration's model.id is ${id}: set it to auto to run what is activated`;
  return new AgentError('MODEL_NOT_SELECTED', message);
}
