import { constants, copyFile, link, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncPath } from '../durable-rename.js';
import { AgentError } from '../errors.js';
import { writeDurably } from '../write-durably.js';
import { readSealed, seal } from './sealed-file.js';
import { emptySlots, type SlotsState, slotsState } from './slots-state.js';
import type { ModelStore } from './store.js';

type Change = (state: SlotsState) => SlotsState;

export interface StoredSlots {
  readonly state: SlotsState;
  /** Files that could not be used, each with the reason and what stands in for it. */
  readonly faults: readonly string[];
}

export interface SlotsUpdate {
  readonly state: SlotsState;
  /** Why the state is not on disk yet; undefined where it is. */
  readonly unwritten?: AgentError | undefined;
}

/** Older states are kept for the case that the newest is damaged, and for a writer that was held up between two steps. */
const keptStates = 8;

/** Writers that were faster, one after the other, before one gives up. */
const maxAttempts = 50;

let counter = 0;

/** By folder: what this process has decided and could not write, to be done to whatever is on disk; oldest first. */
const unwrittenChanges = new Map<string, readonly Change[]>();

/**
 * The state of the slots on disk: `slots/<number>.json`, the highest number counts; a second copy of that one, for the
 * case that it is damaged or gone, is in `slots/copy.json`. A new state is a new file that is
 * linked in whole under the next free number, so that whoever looks, and whenever the power fails, sees the old state
 * or the new one; and of two processes that write at once (the agent and a command) the slower begins again from the
 * other's result.
 */
export class SlotsFile {
  readonly #store: ModelStore;
  readonly #folder: string;

  constructor(store: ModelStore) {
    this.#store = store;
    this.#folder = store.slotsFolder;
  }

  /** With what this process could not write yet. Never throws: without a usable file there is nothing in the slots. */
  async read(): Promise<StoredSlots> {
    const { state, faults } = await this.#newest();
    return { state: applied(this.#unwritten, state), faults };
  }

  /**
   * Replaces the state, durably, by what `change` makes of it; nothing is written where that is the same object.
   * `change` may be called again with a newer state, and may throw. Throws AgentError OUTPUT_UNWRITABLE.
   */
  async update(change: Change): Promise<SlotsState> {
    return this.#store.writing(async () => {
      for (let attempt = 1; ; attempt++) {
        const { state, number } = await this.#newest();
        const unwritten = this.#unwritten;
        const next = change(applied(unwritten, state));
        if (next === state || (await this.#write(next, number + 1))) {
          // Meanwhile others may have come.
          this.#unwritten = this.#unwritten.filter((one) => !unwritten.includes(one));
          return next;
        }
        // uncovered: nobody has been seen to be overtaken fifty times in a row
        if (attempt === maxAttempts) throw Object.assign(new Error('too many writers'), { code: 'EAGAIN' });
      }
    });
  }

  /**
   * As update, but where nothing can be written the change takes effect in this process all the same, and is written
   * with its next one that can be; `change` must do nothing where it is done already.
   */
  async updateEvenUnwritten(change: Change): Promise<SlotsUpdate> {
    try {
      return { state: await this.update(change) };
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== 'OUTPUT_UNWRITABLE') throw error;
      this.#unwritten = [...this.#unwritten, change];
      return { state: (await this.read()).state, unwritten: error };
    }
  }

  /** Writes what could not be written before; false where there is nothing. Throws AgentError OUTPUT_UNWRITABLE. */
  async writeUnwritten(): Promise<boolean> {
    if (this.#unwritten.length === 0) return false;
    await this.update((state) => state);
    return true;
  }

  get #unwritten(): readonly Change[] {
    return unwrittenChanges.get(this.#folder) ?? [];
  }

  set #unwritten(changes: readonly Change[]) {
    if (changes.length === 0) unwrittenChanges.delete(this.#folder);
    else unwrittenChanges.set(this.#folder, changes);
  }

  async #newest(): Promise<StoredSlots & { number: number }> {
    // The copy first: it is written last, so that the file it is of is there, unless somebody took it away.
    const copy = await this.#copy();
    const numbers = [...new Set([...(await this.#numbers()), ...copy.keys()])].sort((a, b) => b - a);
    const number = numbers[0] ?? 0;
    const faults: string[] = [];
    for (const one of numbers) {
      const found = await readSealed(this.#path(one), `slots ${one}`, slotsState);
      if ('content' in found) return { state: found.content, faults, number };
      const state = copy.get(one);
      if (state) return { state, faults: [...faults, `${found.fault}; its copy stands in for it`], number };
      faults.push(`${found.fault}; an older state stands in for it`);
    }
    return { state: emptySlots, faults, number };
  }

  /** The state in the copy by its number; nothing where it cannot be used. */
  async #copy(): Promise<ReadonlyMap<number, SlotsState>> {
    const found = await readSealed(this.#copyPath, /^slots \d{1,15}$/, slotsState);
    if (!('content' in found)) return new Map();
    return new Map([[Number(found.name.slice('slots '.length)), found.content]]);
  }

  /** Of the files there are. */
  async #numbers(): Promise<number[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const numbers = names.map((name) => Number(/^(\d{1,15})\.json$/.exec(name)?.[1] ?? Number.NaN));
    return numbers.filter((number) => !Number.isNaN(number));
  }

  /** False where another writer took the number. */
  async #write(state: SlotsState, number: number): Promise<boolean> {
    await this.#store.prepare();
    const temporary = join(this.#store.partialFolder, `slots.${process.pid}.${counter++}`);
    const text = seal(`slots ${number}`, state);
    await rm(temporary, { force: true });
    try {
      await writeNew(temporary, text);
      await linkOrCopy(temporary, this.#path(number));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
    await syncPath(this.#folder).catch(async (error) => {
      // Whoever is told that it failed must not find it done after a restart.
      await rm(this.#path(number), { force: true }).catch(() => {});
      throw error;
    });
    // The state is whole without it; where this fails, the copy is made with the next change.
    await writeDurably(this.#copyPath, text).catch(() => {});
    const all = (await this.#numbers()).sort((a, b) => b - a);
    for (const old of all.slice(keptStates)) await rm(this.#path(old), { force: true });
    return true;
  }

  get #copyPath(): string {
    return join(this.#folder, 'copy.json');
  }

  #path(number: number): string {
    return join(this.#folder, `${number}.json`);
  }
}

function applied(changes: readonly Change[], stored: SlotsState): SlotsState {
  return changes.reduce((state, change) => change(state), stored);
}

async function writeNew(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Where the file system has no links, a copy that is torn by a loss of power has a wrong checksum. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    // uncovered: an error of link() always has a code
    if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
    await syncPath(to);
  }
}
