import { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import { AgentError } from '../errors.js';
import { chooseAuto, readAutoChoice } from '../models/auto-choice.js';
import { type CatalogEntry, loadCatalog, totalBytes } from '../models/catalog.js';
import { findInstalledPackage } from '../models/model-source.js';
import { type PullProgress, pull } from '../models/pull.js';
import { isInstalled, resolveInstalled } from '../models/resolve.js';
import { ModelStore } from '../models/store.js';

interface CommonOptions {
  config?: string;
}

function openStore({ config }: CommonOptions): ModelStore {
  return new ModelStore(loadConfig({ configFile: config }).config.state_dir);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

async function listModels(options: CommonOptions & { json?: boolean }): Promise<void> {
  const store = openStore(options);
  const choice = await readAutoChoice(store);
  const rows = [];
  for (const entry of loadCatalog().entries) {
    const { id, title, family, skeleton, licence } = entry.model;
    const bytes = totalBytes(entry.files);
    const installed = await isInstalled(entry, store, findInstalledPackage);
    const auto = choice?.model === entry.name;
    rows.push({
      name: entry.name,
      id,
      variant: entry.variant,
      title,
      family,
      skeleton,
      licence,
      bytes,
      installed,
      auto,
    });
  }
  if (options.json === true) {
    print(JSON.stringify(rows, null, 2));
    return;
  }
  const cells = rows.map((row) => [
    row.name,
    row.family,
    row.licence.name,
    row.installed ? `yes${row.auto ? ' (auto)' : ''}` : 'no',
    megabytes(row.bytes),
  ]);
  const table = [['NAME', 'FAMILY', 'LICENCE', 'INSTALLED', 'SIZE'], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  for (const row of table) print(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}

/** A bar for people who watch; nothing in a pipe. */
function progressBar(): { show(progress: PullProgress): void; end(): void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { show: () => undefined, end: () => undefined };
  let shownAt = 0;
  return {
    show({ file, received, total }) {
      if (Date.now() - shownAt < 100 && received < total) return;
      shownAt = Date.now();
      const done = Math.round((received / total) * 30);
      const bar = `${'#'.repeat(done)}${'.'.repeat(30 - done)}`;
      stderr.write(`\r\x1b[K[${bar}] ${megabytes(received)} of ${megabytes(total)}  ${file}`);
    },
    end() {
      stderr.write('\r\x1b[K');
    },
  };
}

async function pullModel(name: string, options: CommonOptions & { ifNeeded?: boolean }): Promise<void> {
  const store = openStore(options);
  const catalog = loadCatalog();
  const bar = progressBar();
  const pullOptions = { store, mirror: process.env.POSE_AGENT_MODEL_MIRROR, onProgress: bar.show };
  if (name !== 'auto') {
    const entry = catalog.find(name);
    const { sources } = await pull(entry, pullOptions).finally(bar.end);
    const how = sources.length === 0 ? 'was there already' : `from ${sources.join(' and ')}`;
    print(`${entry.name} is installed (${megabytes(totalBytes(entry.files))}, ${how})`);
    return;
  }
  const chosen = options.ifNeeded === true ? await readAutoChoice(store) : undefined;
  const known = catalog.entries.find((entry) => entry.name === chosen?.model);
  if (chosen !== undefined && known !== undefined && (await store.has(known))) {
    print(`model auto: ${chosen.model}, chosen on ${chosen.at} (${chosen.reason})`);
    return;
  }
  const { model, reason } = await chooseAuto(catalog, pullOptions).finally(bar.end);
  print(`model auto: ${model} (${reason})`);
}

async function verifyModels(name: string | undefined, options: CommonOptions): Promise<void> {
  const store = openStore(options);
  const catalog = loadCatalog();
  const entries = name === undefined ? catalog.entries : [await entryNamed(name)];
  const damaged: string[] = [];
  let checked = 0;
  for (const entry of entries) {
    const faults = await store.faults(entry);
    // Without a name, what was never installed is no fault.
    const absent = faults.length === entry.files.length && !(await store.hasAny(entry));
    if (absent && name === undefined) continue;
    if (absent) throw new AgentError('MODEL_NOT_INSTALLED', `${entry.name} is not in ${store.folder}`);
    checked++;
    for (const { path, fault } of faults) damaged.push(`${path}: ${fault}`);
    print(`${entry.name}: ${faults.length === 0 ? 'OK' : 'DAMAGED'}`);
  }
  if (damaged.length > 0) throw new AgentError('MODEL_CHECKSUM_MISMATCH', damaged.join('\n'));
  if (checked === 0) print(`no model is in ${store.folder}`);

  async function entryNamed(wanted: string): Promise<CatalogEntry> {
    return catalog.find(wanted === 'auto' ? ((await readAutoChoice(store))?.model ?? wanted) : wanted);
  }
}

async function printPath(name: string, options: CommonOptions): Promise<void> {
  const { config } = loadConfig({ configFile: options.config });
  print((await resolveInstalled(name, { stateDir: config.state_dir })).main);
}

/** `pose-agent models`: what is known, what is installed, and how it gets here. */
export function modelsCommand(): Command {
  const command = new Command('models').description('list, install and check models');
  const add = (usage: string, description: string) =>
    command.command(usage).description(description).option('--config <file>', 'configuration file');
  add('list', 'list every known model')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  pose-agent models list')
    .action(listModels);
  add('pull', 'install a model, or choose and install the best one that can be had')
    .argument('[name]', 'name of the list', 'auto')
    .option('--if-needed', 'auto: keep what was chosen before, if it is still there')
    .addHelpText(
      'after',
      '\nPOSE_AGENT_MODEL_MIRROR names a folder or http(s) URL that is asked before the official addresses.' +
        '\n\nExamples:\n  pose-agent models pull\n  pose-agent models pull human-pose-estimation-0001/FP16' +
        '\n  POSE_AGENT_MODEL_MIRROR=/media/usb/models pose-agent models pull human-pose-estimation-0001',
    )
    .action(pullModel);
  add('verify', 'read every byte of the installed models and compare checksums')
    .argument('[name]', 'name of the list; every installed model where left out')
    .addHelpText('after', '\nExample:\n  pose-agent models verify')
    .action(verifyModels);
  add('path', "print the path of an installed model's main file")
    .argument('[name]', 'name of the list', 'auto')
    .addHelpText('after', '\nExample:\n  pose-agent models path human-pose-estimation-0001')
    .action(printPath);
  return command;
}
