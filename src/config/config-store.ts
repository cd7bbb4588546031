import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { syncPath } from '../durable-rename.js';
import { AgentError } from '../errors.js';
import { readBounded } from '../read-bounded.js';
import { temporaryPath, writeDurably } from '../write-durably.js';
import type { DesiredDocument } from './desired-document.js';
import type { ReportedConfig } from './reported-config.js';
import {
  accept,
  emptyState,
  fail,
  refuse,
  type StoredState,
  start,
  succeed,
  type Transition,
} from './stored-state.js';
import {
  configFolder,
  encodeFile,
  lastGoodFile,
  maxStateBytes,
  readStoredState,
  resetCopy,
  stateFile,
} from './stored-state-files.js';

/** What a reset did. */
export interface ConfigReset {
  /** The highest version that had been accepted; null for none. */
  version: number | null;
  /** What was stored before lies here; empty where there was nothing. */
  kept: string[];
}

/**
 * Documents from afar on disk, in `config/` of the state folder. Every change is on disk before it is seen in `state`
 * and before its reports are handed out: what is published was stored. When the power fails at any moment, the old
 * state or the new one is found. One process at a time.
 *
 * Each change throws AgentError CONFIG_STORE_UNWRITABLE where the disk does not take it, and then the old state holds,
 * on disk too. Only a roll-back takes effect all the same.
 */
export class ConfigStore {
  /** What was found damaged when it was opened, for the log. */
  readonly notices: readonly string[];
  readonly #folder: string;
  #state: StoredState;
  /** True where `#state` is not on disk. */
  #unwritten = false;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, state: StoredState, notices: readonly string[]) {
    this.#folder = folder;
    this.#state = state;
    this.notices = notices;
  }

  /** Reads what is stored and clears up after a crash. Never throws: a disk that cannot be written is found later. */
  static async open(stateDir: string): Promise<ConfigStore> {
    const folder = configFolder(stateDir);
    const { state, notices } = await readStoredState(folder);
    const store = new ConfigStore(folder, state, notices);
    await store.#clearUp();
    return store;
  }

  get state(): StoredState {
    return this.#state;
  }

  /**
   * Stores an accepted document as the active one, on probation. Resolves to the reports to publish, in order: a
   * terminal one of the document whose probation it ends, if any, and `applying`. `excused`: ids of cameras that were
   * away before, kept with it.
   */
  beginProbation(document: DesiredDocument, excused: readonly string[] = []): Promise<ReportedConfig[]> {
    return this.#change((state) => accept(state, document, { excused }));
  }

  /** The active document has proved itself. Resolves to its terminal report. */
  async markGood(): Promise<ReportedConfig> {
    const [report] = await this.#change((state) => succeed(state));
    return report as ReportedConfig;
  }

  /**
   * The active document has failed; the last good one, or the local file alone, takes its place. `reason` is
   * published. Resolves to the terminal report. Where this throws, the new state holds too, but is on disk only with
   * the next change or writeUnwritten(); an agent that is started before that finds the document on probation still.
   */
  async rollBack(reason: string): Promise<ReportedConfig> {
    const [report] = await this.#change((state) => fail(state, reason), { evenUnwritten: true });
    return report as ReportedConfig;
  }

  /** Stores what took effect without the disk; false where nothing did. */
  writeUnwritten(): Promise<boolean> {
    return this.#inTurn(async () => {
      const unwritten = this.#unwritten;
      if (unwritten) await this.#write(this.#state);
      return unwritten;
    });
  }

  /** The agent starts with the active document on probation. Resolves to the number of such starts, this one too. */
  async countStart(): Promise<number> {
    await this.#change(start);
    // uncovered: without a document on probation, start() throws
    return this.#state.active?.starts ?? 0;
  }

  /** Remembers the terminal report of a document that was refused; one that says the same again costs no write. */
  async recordReport(report: ReportedConfig): Promise<void> {
    const same = ({ ts: _, ...content }: ReportedConfig) => content;
    const last = this.#state.lastTerminalReport;
    if (last !== null && isDeepStrictEqual(same(last), same(report))) return;
    await this.#change((state) => refuse(state, report));
  }

  /**
   * Forgets every document and the version that was accepted last, damaged files too; they are put aside. It only
   * renames: it takes no room on the disk, and no file is left that another user of the folder could not read.
   */
  reset(): Promise<ConfigReset> {
    return this.#inTurn(async () => {
      const version = this.#state.accepted?.version ?? null;
      const kept: string[] = [];
      // The copy first: as long as the state is there it is the whole truth.
      for (const path of [lastGoodFile(this.#folder), stateFile(this.#folder)]) {
        try {
          await rename(path, resetCopy(path));
          await syncPath(this.#folder);
          kept.push(resetCopy(path));
        } catch (cause) {
          if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unwritable(path, cause);
        }
      }
      this.#state = emptyState;
      this.#unwritten = false;
      return { version, kept };
    });
  }

  /** One change after the other, each from the state that the one before left. */
  #change(
    transition: (state: StoredState) => Transition,
    { evenUnwritten = false } = {},
  ): Promise<ReportedConfig[]> {
    return this.#inTurn(async () => {
      const { state, reports } = transition(this.#state);
      try {
        await this.#write(state);
      } catch (error) {
        if (evenUnwritten) {
          this.#state = state;
          this.#unwritten = true;
        } else {
          await this.#takeBack(state);
        }
        throw error;
      }
      return reports;
    });
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#last.then(action);
    this.#last = done.catch(() => {});
    return done;
  }

  async #write(state: StoredState): Promise<void> {
    const path = stateFile(this.#folder);
    try {
      await writeDurably(path, encodeFile(state));
    } catch (cause) {
      throw unwritable(path, cause);
    }
    this.#state = state;
    this.#unwritten = false;
    await this.#copyLastGood();
  }

  /** Where only the last step failed, the new state is in place already and would come into effect with a restart. */
  async #takeBack(state: StoredState): Promise<void> {
    const path = stateFile(this.#folder);
    if ((await textOf(path)) === encodeFile(state))
      await writeDurably(path, encodeFile(this.#state)).catch(() => {});
  }

  /** Behind the state itself, so that the copy is never of a document that was not good. */
  async #copyLastGood(): Promise<void> {
    if (this.#state.lastGood === null) return;
    const path = lastGoodFile(this.#folder);
    const text = encodeFile(this.#state.lastGood);
    if ((await textOf(path)) === text) return;
    // The state is whole without it; where this fails, the copy is made with the next change.
    await writeDurably(path, text).catch(() => {});
  }

  async #clearUp(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    const leftovers = names.filter((name) => name.endsWith(temporaryPath('')));
    for (const name of leftovers) await rm(join(this.#folder, name), { force: true }).catch(() => {});
    if (this.notices.length > 0) await this.#write(this.#state).catch(() => {});
    else await this.#copyLastGood();
  }
}

function textOf(path: string): Promise<string | undefined> {
  return readBounded(path, maxStateBytes).then(
    (bytes) => bytes.toString('utf8'),
    () => undefined,
  );
}

function unwritable(path: string, cause: unknown): AgentError {
  const { code } = cause as NodeJS.ErrnoException;
  const message = `The configuration cannot be stored: ${path} gives ${code}`;
  return new AgentError('CONFIG_STORE_UNWRITABLE', message, { cause });
}
