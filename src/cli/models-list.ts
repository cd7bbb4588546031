import { loadConfig } from '../config/load-config.js';
import { addedEntry, readAdded } from '../models/added-models.js';
import { readAutoChoice } from '../models/auto-choice.js';
import { loadCatalog, totalBytes } from '../models/catalog.js';
import { isInstalled } from '../models/installed-model.js';
import { ModelSlots, type SlotsView } from '../models/model-slots.js';
import { findInstalledPackage } from '../models/model-source.js';
import { toSkeleton } from '../models/skeleton-field.js';
import { slotName } from '../models/slots-state.js';
import { ModelStore } from '../models/store.js';
import { megabytes } from './progress-bar.js';

/** One model, as `models list --json` prints it. */
interface Row {
  name: string;
  id: string;
  variant: string;
  title: string | undefined;
  family: string;
  skeleton: string;
  licence: { name: string; url: string } | undefined;
  bytes: number;
  installed: boolean;
  /** What `auto` stands for while nothing is activated. */
  auto: boolean;
  slot: 'current' | 'previous' | null;
  /** Of the current model: `probation` or `good`; of another update: `new`, `good` or `rolled_back`; of one that was
   *  added here: `added`. */
  status: string | null;
}

/** `pose-agent models list`: the catalog's models, those that were added here, and the updates that are here. */
export async function listModels(options: { config?: string; json?: boolean }): Promise<void> {
  const { config } = loadConfig({ configFile: options.config });
  const view = await new ModelSlots({ stateDir: config.state_dir }).read();
  for (const fault of view.faults) process.stderr.write(`warning: ${fault}\n`);
  const store = new ModelStore(config.state_dir);
  const rows = [...(await catalogRows(store, view)), ...(await addedRows(store, view)), ...updateRows(view)];
  process.stdout.write(`${options.json === true ? JSON.stringify(rows, null, 2) : table(rows)}\n`);
}

async function catalogRows(store: ModelStore, view: SlotsView): Promise<Row[]> {
  const { choice, faults } = await readAutoChoice(store);
  for (const fault of faults) process.stderr.write(`warning: ${fault}\n`);
  const rows: Row[] = [];
  for (const entry of loadCatalog().entries) {
    const { id, title, family, skeleton, licence } = entry.model;
    const slot = slotOf(slotName(entry), view);
    rows.push({
      name: entry.name,
      id,
      variant: entry.variant,
      title,
      family,
      skeleton: toSkeleton(skeleton).name,
      licence,
      bytes: totalBytes(entry.files),
      installed: await isInstalled(entry, store, findInstalledPackage),
      auto: view.current === undefined && choice?.model === entry.name,
      slot,
      status: slot === 'current' ? (view.current?.phase ?? null) : null,
    });
  }
  return rows;
}

async function addedRows(store: ModelStore, view: SlotsView): Promise<Row[]> {
  const { manifests, faults } = await readAdded(store);
  for (const { message } of faults.values()) process.stderr.write(`warning: ${message}\n`);
  const rows: Row[] = [];
  for (const manifest of manifests) {
    const entry = addedEntry(manifest);
    const slot = slotOf(slotName(entry), view);
    rows.push({
      name: entry.name,
      id: manifest.model,
      variant: entry.variant,
      title: manifest.title,
      family: manifest.family,
      skeleton: toSkeleton(manifest.skeleton).name,
      licence: manifest.licence,
      bytes: totalBytes(entry.files),
      installed: await store.has(entry),
      auto: false,
      slot,
      status: slot === 'current' ? (view.current?.phase ?? null) : 'added',
    });
  }
  return rows;
}

function updateRows(view: SlotsView): Row[] {
  return view.updates.map(({ name, model, version, title, family, skeleton, licence, bytes, status }) => {
    const slot = slotOf(name, view);
    return {
      name,
      id: model,
      variant: `update-${version}`,
      title,
      family,
      skeleton: skeleton.name,
      licence,
      bytes,
      installed: true,
      auto: false,
      slot,
      status: slot === 'current' ? (view.current?.phase ?? null) : status,
    };
  });
}

function slotOf(name: string, { current, previous }: SlotsView): Row['slot'] {
  if (name === current?.name) return 'current';
  return name === previous ? 'previous' : null;
}

function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => {
    const { name, family, licence, bytes } = row;
    return [name, family, licence?.name ?? 'not stated', installedCell(row), megabytes(bytes)];
  });
  const lines = [['NAME', 'FAMILY', 'LICENCE', 'INSTALLED', 'SIZE'], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .join('\n');
}

function installedCell({ installed, auto, slot, status }: Row): string {
  if (!installed) return 'no';
  const words = [auto ? 'auto' : '', slot ?? '', slot === 'previous' ? '' : (status ?? '')];
  const said = words
    .filter((word) => word !== '')
    .join(', ')
    .replace('_', ' ');
  return said === '' ? 'yes' : `yes (${said})`;
}
