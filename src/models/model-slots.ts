import { AgentError } from '../errors.js';
import { readAdded } from './added-models.js';
import { type Catalog, loadCatalog, type ModelEntry } from './catalog.js';
import { findModel, type KnownModels } from './find-model.js';
import { type ResolvedModel, resolveEntry } from './installed-model.js';
import { type FindPackage, findInstalledPackage } from './model-source.js';
import { toSkeleton } from './skeleton-field.js';
import { SlotsFile } from './slots-file.js';
import { type SlotsState, slotName, updateName, versionsOf } from './slots-state.js';
import { ModelStore } from './store.js';

export interface ModelSlotsOptions {
  stateDir: string;
  catalog?: Catalog | undefined;
  findPackage?: FindPackage | undefined;
}

/** Which models are in the slots, and which updates are here. */
export interface SlotsView {
  /** The activated model; undefined where `auto` is what it was before there were updates. */
  readonly current:
    | {
        readonly name: string;
        readonly phase: 'probation' | 'good';
        readonly at: string;
        /** As given to activate. */
        readonly excused?: readonly string[] | undefined;
      }
    | undefined;
  /** What a roll-back goes to; undefined as in `current`. */
  readonly previous: string | undefined;
  /** Newest first, model by model. */
  readonly updates: readonly UpdateView[];
  /** Damaged files of the state, which an older one stands in for. */
  readonly faults: readonly string[];
}

export interface UpdateView {
  /** `model@version`. */
  readonly name: string;
  readonly model: string;
  readonly version: number;
  readonly title: string | undefined;
  readonly family: ResolvedModel['family'];
  readonly skeleton: ResolvedModel['skeleton'];
  readonly licence: { readonly name: string; readonly url: string } | undefined;
  readonly bytes: number;
  readonly status: 'new' | 'good' | 'rolled_back';
  /** When it was installed, ISO 8601. */
  readonly at: string;
}

export interface RollBack {
  /** The model that was left. */
  readonly from: string;
  /** The model that is current now; undefined where that is what `auto` was before there were updates. */
  readonly to: string | undefined;
  /** Why the one before was passed over, where it was. */
  readonly passedOver?: string;
  /** Why it is in effect in this process alone so far; undefined where it is stored. */
  readonly unwritten?: AgentError | undefined;
}

export interface RollBackOptions {
  /** The model to go back from; the current one where left out. */
  from?: string | undefined;
  /** Where nothing can be written it takes effect in this process, and is stored with its next change that can be. */
  evenUnwritten?: boolean;
}

/**
 * The model that `auto` stands for, and the one before it. A model is activated on probation; whoever runs it says
 * later that it is good, or goes back. Every change is on disk when its method returns, but for those that say that
 * they need no disk. All methods throw AgentError OUTPUT_UNWRITABLE where the state folder cannot be written.
 */
export class ModelSlots {
  #loadedCatalog: Catalog | undefined;
  readonly #store: ModelStore;
  readonly #file: SlotsFile;
  readonly #findPackage: FindPackage;

  constructor({ stateDir, catalog, findPackage }: ModelSlotsOptions) {
    this.#loadedCatalog = catalog;
    this.#store = new ModelStore(stateDir);
    this.#file = new SlotsFile(this.#store);
    this.#findPackage = findPackage ?? findInstalledPackage;
  }

  /** Which models are current can be told without it. */
  get #catalog(): Catalog {
    this.#loadedCatalog ??= loadCatalog();
    return this.#loadedCatalog;
  }

  async read(): Promise<SlotsView> {
    const { state, faults } = await this.#file.read();
    const models = [...new Set(state.updates.map(({ manifest }) => manifest.model))].sort();
    const updates = models
      .flatMap((model) => versionsOf(state, model))
      .map(({ manifest, status, at }) => ({
        name: updateName(manifest),
        model: manifest.model,
        version: manifest.version,
        title: manifest.title,
        family: manifest.family,
        skeleton: toSkeleton(manifest.skeleton),
        licence: manifest.licence,
        bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
        status,
        at,
      }));
    return { current: state.current ?? undefined, previous: state.previous ?? undefined, updates, faults };
  }

  /**
   * Makes a model current, on probation: `model@version`, a bare name for its newest version that was not rolled
   * back, or a name of the catalog. A roll-back goes to the last one that was good. Does nothing where it is current
   * already.
   * Reads every byte of the model first. `excused`: ids of cameras that were away before, kept with it. Returns the
   * name in the slot.
   * Throws AgentError MODEL_UNKNOWN, MODEL_NOT_INSTALLED, MODEL_CHECKSUM_MISMATCH.
   */
  async activate(name: string, excused: readonly string[] = []): Promise<string> {
    const known = await this.#known();
    const newest = versionsOf(known.state, name).find(({ status }) => status !== 'rolled_back');
    const entry = findModel(newest === undefined ? name : updateName(newest.manifest), known);
    await this.#check(entry);
    const slot = slotName(entry);
    await this.#file.update((now) => {
      if (now.current?.name === slot) return now;
      // Somebody else may have cleared it away since it was looked at.
      findModel(slot, { ...known, state: now });
      const good = now.current?.phase === 'probation' ? now.previous : (now.current?.name ?? null);
      const at = new Date().toISOString();
      const current = { name: slot, phase: 'probation' as const, at, excused: [...excused] };
      return { ...now, current, previous: good === slot ? null : good };
    });
    return slot;
  }

  /** The agent starts: the number of its starts with the current model on probation, this one too; 0 where it is on
   *  none. */
  async countStart(): Promise<number> {
    const { current } = await this.#file.update((now) => {
      if (now.current?.phase !== 'probation') return now;
      return { ...now, current: { ...now.current, starts: (now.current.starts ?? 0) + 1 } };
    });
    return current?.starts ?? 0;
  }

  /**
   * The probation of the current model is over; needs no disk. Returns why it is not stored yet, or undefined; nothing
   * is done where another one is current by now.
   */
  async markGood(name: string): Promise<AgentError | undefined> {
    const { unwritten } = await this.#file.updateEvenUnwritten((now) => {
      const { current } = now;
      if (current?.name !== name || current.phase === 'good') return now;
      return { ...withStatus(now, name, 'good'), current: { name, phase: 'good', at: current.at } };
    });
    return unwritten;
  }

  /**
   * Goes back to the model before, which counts as good. What is left is not taken again by a bare name. Where the
   * files of the one before are damaged or gone, `auto` is what it was before there were updates. Nothing is done, and
   * undefined returned, where `from` is not current any more.
   * Throws AgentError MODEL_SLOT_EMPTY.
   */
  async rollBack({ from, evenUnwritten = false }: RollBackOptions = {}): Promise<RollBack | undefined> {
    const known = await this.#known();
    const before = known.state;
    const left = from ?? before.current?.name;
    if (left === undefined) {
      throw new AgentError(
        'MODEL_SLOT_EMPTY',
        'No model was activated, so that there is none to go back from',
      );
    }
    const fault = await this.#faultOf(before.previous, known);
    const at = new Date().toISOString();
    let done: RollBack | undefined;
    const change = (now: SlotsState): SlotsState => {
      if (now.current?.name !== left) return now;
      // uncovered: another process activates a model between this one's look and its change
      const passedOver = now.previous === before.previous ? fault : undefined;
      const to = passedOver === undefined ? now.previous : null;
      done = { from: left, to: to ?? undefined, ...(passedOver === undefined ? {} : { passedOver }) };
      const current = to === null ? null : { name: to, phase: 'good' as const, at };
      return { ...withStatus(now, left, 'rolled_back'), current, previous: null };
    };
    if (!evenUnwritten) {
      await this.#file.update(change);
      return done;
    }
    const { unwritten } = await this.#file.updateEvenUnwritten(change);
    return done && unwritten ? { ...done, unwritten } : done;
  }

  /** Stores what took effect without the disk; false where nothing did. Throws AgentError OUTPUT_UNWRITABLE. */
  writeUnwritten(): Promise<boolean> {
    return this.#file.writeUnwritten();
  }

  /**
   * Forgets how high the versions of a model were, and every update of it that is not in a slot; the next one has to
   * be above those that are. Returns the highest of these, 0 for none, and what was forgotten.
   * Throws AgentError MODEL_UNKNOWN where no update of that name was ever accepted, MODEL_IN_USE where the highest
   * version is in a slot.
   */
  async resetVersions(model: string): Promise<{ floor: number; forgotten: string[] }> {
    let done = { floor: 0, forgotten: [] as string[] };
    await this.#file.update((now) => {
      const highest = now.floors.find((one) => one.model === model)?.version;
      if (highest === undefined) throw neverUpdated(model, now);
      const ofModel = versionsOf(now, model);
      const inSlot = ofModel.filter(({ manifest }) =>
        [now.current?.name, now.previous].includes(updateName(manifest)),
      );
      const floor = Math.max(0, ...inSlot.map(({ manifest }) => manifest.version));
      if (floor === highest) throw highestInSlot(`${model}@${highest}`, now);
      const dropped = new Set(ofModel.filter((update) => !inSlot.includes(update)));
      done = { floor, forgotten: [...dropped].map(({ manifest }) => updateName(manifest)) };
      const floors = now.floors.filter((one) => one.model !== model);
      return {
        ...now,
        updates: now.updates.filter((update) => !dropped.has(update)),
        floors: floor === 0 ? floors : [...floors, { model, version: floor }],
      };
    });
    return done;
  }

  async #known(): Promise<KnownModels> {
    const { state } = await this.#file.read();
    return { catalog: this.#catalog, state, added: await readAdded(this.#store) };
  }

  async #check(entry: ModelEntry): Promise<void> {
    await resolveEntry(entry, this.#store, this.#findPackage);
  }

  /** Why a model cannot be gone back to, or undefined. */
  async #faultOf(name: string | null, known: KnownModels): Promise<string | undefined> {
    if (name === null) return undefined;
    try {
      await this.#check(findModel(name, known));
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }
}

function withStatus(
  state: SlotsState,
  name: string,
  status: SlotsState['updates'][number]['status'],
): SlotsState {
  const updates = state.updates.map((one) => (updateName(one.manifest) === name ? { ...one, status } : one));
  return { ...state, updates };
}

function neverUpdated(model: string, { floors }: SlotsState): AgentError {
  const names = floors.map((one) => one.model).sort();
  const known = names.length === 0 ? 'no model was ever updated here' : `updated were ${names.join(', ')}`;
  const message = `No update of a model called ${JSON.stringify(model.slice(0, 100))} was accepted: ${known}`;
  return new AgentError('MODEL_UNKNOWN', message);
}

function highestInSlot(name: string, { current }: SlotsState): AgentError {
  const which = current?.name === name ? 'current' : 'what a roll-back goes to';
  return new AgentError('MODEL_IN_USE', `${name}, the highest version, is ${which}`);
}
