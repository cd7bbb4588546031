import { z } from 'zod';
import type { ModelEntry } from './catalog.js';
import { modelName, sha256 } from './catalog-schema.js';
import { type Manifest, manifestSchema } from './manifest-schema.js';
import { modelFactsOf } from './model-facts.js';

/** One installed version of a model that came as an update. */
const installedUpdate = z.object({
  manifest: manifestSchema,
  /** Of the signed bytes. */
  manifest_sha256: sha256,
  /** `good`: it ran through a probation. `rolled_back`: it was left for the one before. */
  status: z.enum(['new', 'good', 'rolled_back']),
  /** When it was installed, ISO 8601. */
  at: z.string(),
});

/** Which model runs, which ran before it, and every version of one that is here or ever was. */
export const slotsState = z.object({
  v: z.literal(1),
  /** What `auto` stands for; null: what it stood for before there were updates. */
  current: z
    .object({
      name: z.string().min(1),
      phase: z.enum(['probation', 'good']),
      at: z.string(),
      /** How often the agent was started while the model was on probation; left out for none. */
      starts: z.int().positive().optional(),
      /** Cameras that were away before, whose absence the model is not blamed for. */
      excused: z.array(z.string()).optional(),
    })
    .nullable(),
  /** What a roll-back goes to; null as in `current`. */
  previous: z.string().min(1).nullable(),
  updates: z.array(installedUpdate),
  /** The highest version of each model that was ever accepted; lower ones never are again. */
  floors: z.array(z.object({ model: modelName, version: z.int().positive() })),
});

export type SlotsState = z.output<typeof slotsState>;
export type InstalledUpdate = SlotsState['updates'][number];

export const emptySlots: SlotsState = { v: 1, current: null, previous: null, updates: [], floors: [] };

/** `model@version`; no name of a catalog has an @. */
export function updateName({ model, version }: Manifest): string {
  return `${model}@${version}`;
}

/** By which the slots call a model: never a name that can come to mean another one. */
export function slotName({ name, model, variant }: ModelEntry): string {
  return name.includes('@') ? name : `${model.id}/${variant}`;
}

/** Whether a configuration's `model.id` lets the model in a slot run: `auto`, its name, or its name without variant or
 *  version. */
export function standsFor(id: string, slot: string): boolean {
  return id === 'auto' || id === slot || id === slot.split(/[@/]/, 1)[0];
}

/**
 * The state without a model on probation, as if a roll-back had gone to the model before it; `proving`, if any, is the
 * one that stays.
 */
export function withoutUnproven(state: SlotsState, proving: string | null): SlotsState {
  const { current, previous } = state;
  if (current?.phase !== 'probation' || current.name === proving) return state;
  return { ...state, current: previous === null ? null : { name: previous, phase: 'good', at: current.at } };
}

/** The update as the store and the engine know models. */
export function updateEntry({ manifest }: InstalledUpdate): ModelEntry {
  const { model, version, files } = manifest;
  return {
    name: updateName(manifest),
    model: { id: model, ...modelFactsOf(manifest) },
    variant: `update-${version}`,
    files,
  };
}

/** The installed versions of a model, newest first. */
export function versionsOf({ updates }: SlotsState, model: string): InstalledUpdate[] {
  return updates
    .filter(({ manifest }) => manifest.model === model)
    .sort((a, b) => b.manifest.version - a.manifest.version);
}

/**
 * The version that the bare name of a model stands for: the current one, be it on probation, else the newest that was
 * proven good; undefined where it has none.
 */
export function effectiveVersion(state: SlotsState, model: string): InstalledUpdate | undefined {
  const versions = versionsOf(state, model);
  const current = versions.find(({ manifest }) => updateName(manifest) === state.current?.name);
  return current ?? versions.find(({ status }) => status === 'good');
}
