import { createHash } from 'node:crypto';
import { constants, copyFile, link, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncPath } from '../durable-rename.js';
import { emptySlots, type SlotsState, slotsState } from './slots-state.js';
import type { ModelStore } from './store.js';

export interface StoredSlots {
  readonly state: SlotsState;
  /** Files that could not be used, each with the reason; an older state stands in for them. */
  readonly faults: readonly string[];
}

/** Older states are kept for the case that the newest is damaged, and for a writer that was held up between two steps. */
const keptStates = 8;

/** Writers that were faster, one after the other, before one gives up. */
const maxAttempts = 50;

let counter = 0;

/**
 * The state of the slots on disk: `slots/<number>.json`, the highest number counts. A new state is a new file that is
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

  /** Never throws: without a usable file there is nothing in the slots. */
  async read(): Promise<StoredSlots> {
    const { state, faults } = await this.#newest();
    return { state, faults };
  }

  /**
   * Replaces the state, durably, by what `change` makes of it; nothing is written where that is the same object.
   * `change` may be called again with a newer state, and may throw. Throws AgentError OUTPUT_UNWRITABLE.
   */
  async update(change: (state: SlotsState) => SlotsState): Promise<SlotsState> {
    return this.#store.writing(async () => {
      for (let attempt = 1; ; attempt++) {
        const { state, number } = await this.#newest();
        const next = change(state);
        if (next === state || (await this.#write(next, number + 1))) return next;
        if (attempt === maxAttempts) throw Object.assign(new Error('too many writers'), { code: 'EAGAIN' });
      }
    });
  }

  async #newest(): Promise<StoredSlots & { number: number }> {
    const numbers = await this.#numbers();
    const faults: string[] = [];
    for (const one of numbers) {
      const path = this.#path(one);
      const found = await readState(path);
      if (typeof found !== 'string') return { state: found, faults, number: numbers[0] ?? 0 };
      faults.push(`${path}: ${found}`);
    }
    return { state: emptySlots, faults, number: numbers[0] ?? 0 };
  }

  /** Of the files there are, highest first. */
  async #numbers(): Promise<number[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const numbers = names.map((name) => Number(/^(\d{1,15})\.json$/.exec(name)?.[1] ?? Number.NaN));
    return numbers.filter((number) => !Number.isNaN(number)).sort((a, b) => b - a);
  }

  /** False where another writer took the number. */
  async #write(state: SlotsState, number: number): Promise<boolean> {
    await this.#store.prepare();
    const temporary = join(this.#store.partialFolder, `slots.${process.pid}.${counter++}`);
    await rm(temporary, { force: true });
    try {
      await writeDurably(temporary, `${JSON.stringify({ sha256: digest(state), state }, null, 2)}\n`);
      await linkOrCopy(temporary, this.#path(number));
      await syncPath(this.#folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
    for (const old of (await this.#numbers()).slice(keptStates)) await rm(this.#path(old), { force: true });
    return true;
  }

  #path(number: number): string {
    return join(this.#folder, `${number}.json`);
  }
}

/** The state in a file, or what is wrong with it. */
async function readState(path: string): Promise<SlotsState | string> {
  try {
    const data = JSON.parse(await readFile(path, 'utf8'));
    if (data?.sha256 !== digest(data?.state)) return 'its checksum does not fit';
    const result = slotsState.safeParse(data.state);
    return result.success ? result.data : 'it was written by another version of the agent';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'it is no JSON';
  }
}

function digest(state: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(state) ?? '')
    .digest('hex');
}

async function writeDurably(path: string, text: string): Promise<void> {
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
    if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
    await syncPath(to);
  }
}
