import { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import { chooseEngine } from '../engine/choose-engine.js';
import { reads } from '../engine/readable-formats.js';
import { AgentError } from '../errors.js';
import { addedEntry, readAdded } from '../models/added-models.js';
import { chooseAuto, readAutoChoice } from '../models/auto-choice.js';
import { loadCatalog, type ModelEntry, totalBytes } from '../models/catalog.js';
import { findModel } from '../models/find-model.js';
import { pull } from '../models/pull.js';
import { resolveInstalled } from '../models/resolve.js';
import { SlotsFile } from '../models/slots-file.js';
import { updateEntry } from '../models/slots-state.js';
import { ModelStore } from '../models/store.js';
import { modelAgreement } from './model-agreement.js';
import { addOwnCommands } from './models-add.js';
import { addConvertCommand } from './models-convert.js';
import { listModels } from './models-list.js';
import { addSignCommands } from './models-sign.js';
import { addSlotCommands, pullUpdate } from './models-slots.js';
import { megabytes, progressBar } from './progress-bar.js';

interface CommonOptions {
  config?: string;
}

function openStore({ config }: CommonOptions): ModelStore {
  return new ModelStore(loadConfig({ configFile: config }).config.state_dir);
}

/** Whether the engine of the configuration reads a network's file. */
function readableBy({ config: configFile }: CommonOptions): (path: string) => boolean {
  const engine = chooseEngine(loadConfig({ configFile }).config.model.engine);
  return (path) => reads(engine, path);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

interface PullOptions extends CommonOptions {
  ifNeeded?: boolean;
  manifest?: string;
}

async function pullModel(name: string | undefined, options: PullOptions, command: Command): Promise<void> {
  if (name !== undefined && options.manifest !== undefined) {
    command.error(
      'error: a manifest says itself which model it is of: leave out either the name or --manifest',
    );
  }
  if (options.manifest !== undefined) await pullUpdate(options.manifest, options);
  else await pullKnown(name ?? 'auto', options);
}

async function pullKnown(name: string, options: PullOptions): Promise<void> {
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
  const chosen = options.ifNeeded === true ? (await readAutoChoice(store)).choice : undefined;
  const known = catalog.entries.find((entry) => entry.name === chosen?.model);
  if (chosen !== undefined && known !== undefined && (await store.has(known))) {
    print(`model auto: ${chosen.model}, chosen on ${chosen.at} (${chosen.reason})`);
    return;
  }
  const { model, reason } = await chooseAuto(catalog, {
    ...pullOptions,
    isReadable: readableBy(options),
  }).finally(bar.end);
  print(`model auto: ${model} (${reason})`);
}

async function verifyModels(name: string | undefined, options: CommonOptions): Promise<void> {
  const store = openStore(options);
  const catalog = loadCatalog();
  const { state } = await new SlotsFile(store).read();
  const added = await readAdded(store);
  const entries: ModelEntry[] = [];
  const damaged: string[] = [];
  if (name === undefined) {
    entries.push(...catalog.entries, ...state.updates.map(updateEntry), ...added.manifests.map(addedEntry));
    damaged.push(...[...added.faults.values()].map(({ message }) => message));
  } else {
    entries.push(findModel(name === 'auto' ? await autoName(store) : name, { catalog, state, added }));
  }
  let checked = 0;
  for (const entry of entries) {
    const faults = await store.faults(entry);
    const absent = faults.length === entry.files.length && !(await store.hasAny(entry));
    // Without a name, what was never installed is no fault.
    if (absent && name === undefined && catalog.knows(entry.name)) continue;
    if (absent && name !== undefined) {
      throw new AgentError('MODEL_NOT_INSTALLED', `${entry.name} is not in ${store.folder}`);
    }
    checked++;
    for (const { path, fault } of faults) damaged.push(`${path}: ${fault}`);
    print(`${entry.name}: ${faults.length === 0 ? 'OK' : 'DAMAGED'}`);
  }
  if (damaged.length > 0) throw new AgentError('MODEL_CHECKSUM_MISMATCH', damaged.join('\n'));
  if (checked === 0) print(`no model is in ${store.folder}`);
}

/** The name of what was activated, else of what was chosen. */
async function autoName(store: ModelStore): Promise<string> {
  const { current } = (await new SlotsFile(store).read()).state;
  return current?.name ?? (await readAutoChoice(store)).choice?.model ?? 'auto';
}

async function printPath(name: string, options: CommonOptions): Promise<void> {
  const { config } = loadConfig({ configFile: options.config });
  print((await resolveInstalled(name, { stateDir: config.state_dir })).main);
}

/** `pose-agent models`: what is known, what is installed, and how it gets here. */
export function modelsCommand(): Command {
  const command = new Command('models').description(
    'list, install, add, check, convert, update and sign models',
  );
  const add = (usage: string, description: string) =>
    command.command(usage).description(description).option('--config <file>', 'configuration file');
  add('list', 'list every known model, added ones, installed updates and what is in the slots')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  pose-agent models list')
    .action(listModels);
  add('pull', 'install a model, or choose and install the best one that can be had')
    .argument('[name]', 'name of the list, or auto')
    .option('--if-needed', 'auto: keep what was chosen before, if it is still there')
    .option(
      '--manifest <url>',
      'install the update that this signed manifest describes (a file is taken too)',
    )
    .addHelpText(
      'after',
      '\nPOSE_AGENT_MODEL_MIRROR names a folder or http(s) URL that is asked before the official addresses.' +
        '\n\nExamples:\n  pose-agent models pull\n  pose-agent models pull human-pose-estimation-0001/FP16' +
        '\n  POSE_AGENT_MODEL_MIRROR=/media/usb/models pose-agent models pull human-pose-estimation-0001' +
        '\n  pose-agent models pull --manifest https://models.example.com/hall-pose-3.json',
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
  addOwnCommands(command);
  addConvertCommand(command, modelAgreement);
  addSlotCommands(command);
  addSignCommands(command);
  return command;
}
