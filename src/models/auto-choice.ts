import { join } from 'node:path';
import { z } from 'zod';
import { AgentError } from '../errors.js';
import { writeDurably } from '../write-durably.js';
import { type Catalog, type CatalogEntry, type ModelEntry, networkRoles } from './catalog.js';
import { type PullOptions, pull } from './pull.js';
import { readSealed, seal } from './sealed-file.js';
import type { ModelStore } from './store.js';

const autoChoice = z.object({
  /** The catalog's name of the model that `auto` stands for on this machine. */
  model: z.string().min(1),
  reason: z.string(),
  /** When it was chosen, ISO 8601. */
  at: z.string(),
});

export type AutoChoice = z.output<typeof autoChoice>;

/** Two, so that a damaged one does not change what runs. */
function choicePaths(store: ModelStore): string[] {
  return ['auto.json', 'auto.copy.json'].map((name) => join(store.folder, name));
}

export interface AutoChoiceReading {
  /** Undefined where set-up chose nothing yet. */
  choice: AutoChoice | undefined;
  /** What is damaged of it; where it is all, `choice` is undefined. */
  faults: string[];
}

/** What set-up chose. Never throws. */
export async function readAutoChoice(store: ModelStore): Promise<AutoChoiceReading> {
  const faults: string[] = [];
  for (const path of choicePaths(store)) {
    const found = await readSealed(path, 'auto', autoChoice);
    if ('content' in found) return { choice: found.content, faults };
    if (!found.absent) faults.push(found.fault);
  }
  return { choice: undefined, faults };
}

/** Whether an engine reads every network of a model. */
export function isReadable(
  { files }: ModelEntry,
  isReadablePath: ((path: string) => boolean) | undefined = () => true,
): boolean {
  return files.filter(({ role }) => networkRoles.includes(role)).every(({ path }) => isReadablePath(path));
}

/** What is said where `auto` can be none of the models that it may be. */
export function nothingReadable(names: readonly string[]): AgentError {
  const message = `model auto: the engine of this machine reads the files of neither ${names.join(' nor ')}`;
  return new AgentError('MODEL_FORMAT_UNSUPPORTED', message);
}

export interface ChooseAutoOptions extends PullOptions {
  onModel?: (entry: CatalogEntry) => void;
  /** Whether the engine reads a network's file, by its path; all where left out. */
  isReadable?: ((path: string) => boolean) | undefined;
}

/**
 * Installs the best model that can be had and that the engine reads, and stores which and why, so that a starting
 * service has nothing to fetch. Throws AgentError MODEL_DOWNLOAD_FAILED where none can be had, MODEL_FORMAT_UNSUPPORTED
 * where the engine reads none, OUTPUT_UNWRITABLE.
 */
export async function chooseAuto(catalog: Catalog, options: ChooseAutoOptions): Promise<AutoChoice> {
  const readable = catalog.auto.filter((entry) => isReadable(entry, options.isReadable));
  if (readable.length === 0) throw nothingReadable(catalog.auto.map(({ name }) => name));
  const failures: string[] = [];
  for (const entry of readable) {
    options.onModel?.(entry);
    try {
      const { sources } = await pull(entry, options);
      const how = sources.length === 0 ? 'it is installed' : `it came from ${sources.join(' and ')}`;
      const choice = {
        model: entry.name,
        reason: [...failures, how].join('; '),
        at: new Date().toISOString(),
      };
      await storeChoice(options.store, choice);
      return choice;
    } catch (error) {
      // A server that answers with another file, a login page say, must not keep the box from running either.
      const codes = ['MODEL_DOWNLOAD_FAILED', 'MODEL_CHECKSUM_MISMATCH'];
      if (!(error instanceof AgentError) || !codes.includes(error.code)) throw error;
      failures.push(`${entry.name} could not be had (${error.message})`);
    }
  }
  throw new AgentError('MODEL_DOWNLOAD_FAILED', `No model can be had: ${failures.join('; ')}`);
}

async function storeChoice(store: ModelStore, choice: AutoChoice): Promise<void> {
  for (const path of choicePaths(store)) {
    try {
      await writeDurably(path, seal('auto', choice));
    } catch (cause) {
      const reason = `${path} gives ${(cause as NodeJS.ErrnoException).code}`;
      throw new AgentError('OUTPUT_UNWRITABLE', `The choice of a model cannot be stored: ${reason}`, {
        cause,
      });
    }
  }
}
