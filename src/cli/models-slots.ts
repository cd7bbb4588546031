import type { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import { AgentError } from '../errors.js';
import { collectGarbage } from '../models/collect-garbage.js';
import { maxEnvelopeBytes } from '../models/envelope.js';
import { installUpdate, type UpdateSource } from '../models/install-update.js';
import { ModelSlots } from '../models/model-slots.js';
import { readBoundedSync } from '../read-bounded.js';
import { ClockSync } from '../telemetry/clock-sync.js';
import { megabytes, progressBar } from './progress-bar.js';

interface CommonOptions {
  config?: string;
}

/** A running agent holds its model in memory. */
const takeOver = 'An agent that is running takes it over when it is restarted.';

/** `models pull --manifest`: installs a signed update beside what runs. */
export async function pullUpdate(manifest: string, options: CommonOptions): Promise<void> {
  const { config } = loadConfig({ configFile: options.config });
  const bar = progressBar();
  const { name, status, bytes, sources } = await installUpdate(readSource(manifest), {
    stateDir: config.state_dir,
    policy: config.updates,
    isClockSynced: () => new ClockSync().isSynced(),
    onProgress: bar.show,
  }).finally(bar.end);
  const how = sources.length === 0 ? 'every file was there already' : `from ${sources.join(' and ')}`;
  const what = status === 'installed' ? 'is installed' : 'was installed before';
  process.stdout.write(`${name} ${what} (${megabytes(bytes)}, ${how}); pose-agent models activate ${name}\n`);
}

function readSource(manifest: string): UpdateSource {
  if (/^[a-z][a-z0-9+.-]*:/i.test(manifest)) return { url: manifest };
  try {
    return { envelope: readBoundedSync(manifest, maxEnvelopeBytes) };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AgentError('MODEL_MANIFEST_INVALID', `${manifest} cannot be read: ${code}`, { cause });
  }
}

async function activateModel(name: string, options: CommonOptions): Promise<void> {
  const slot = await openSlots(options).activate(name);
  process.stdout.write(`${slot} is current, on probation. ${takeOver}\n`);
}

async function rollBackModel(options: CommonOptions): Promise<void> {
  const result = await openSlots(options).rollBack();
  if (result?.passedOver !== undefined) process.stderr.write(`warning: ${result.passedOver}\n`);
  const to = result?.to ?? 'what auto was before there were updates';
  process.stdout.write(`back from ${result?.from} to ${to}. ${takeOver}\n`);
}

async function cleanModels(options: CommonOptions): Promise<void> {
  const { config } = loadConfig({ configFile: options.config });
  const { removed, bytes } = await collectGarbage({ stateDir: config.state_dir, keep: [config.model.id] });
  const what = removed.length === 0 ? 'no update is gone' : `gone: ${removed.join(', ')}`;
  process.stdout.write(`${megabytes(bytes)} freed; ${what}\n`);
}

async function resetVersions(model: string, options: CommonOptions): Promise<void> {
  const { floor, forgotten } = await openSlots(options).resetVersions(model);
  const what = forgotten.length === 0 ? '' : `${forgotten.join(', ')} forgotten; `;
  const next = floor === 0 ? 'of any version' : `above version ${floor}, which is in a slot,`;
  process.stdout.write(`${what}the next update of ${model} ${next} is taken\n`);
}

function openSlots({ config }: CommonOptions): ModelSlots {
  return new ModelSlots({ stateDir: loadConfig({ configFile: config }).config.state_dir });
}

/** `models activate`, `rollback`, `reset-versions` and `clean`: which of the installed models runs. */
export function addSlotCommands(models: Command): void {
  const add = (usage: string, description: string) =>
    models.command(usage).description(description).option('--config <file>', 'configuration file');
  add('activate', 'make an installed model the one that auto stands for, on probation')
    .argument('<name>', 'name of the list; without @version the newest that was not rolled back')
    .addHelpText(
      'after',
      '\nExamples:\n  pose-agent models activate hall-pose@3\n  pose-agent models activate hall-pose',
    )
    .action(activateModel);
  add('rollback', 'go back to the model that was current before')
    .addHelpText('after', '\nExample:\n  pose-agent models rollback')
    .action(rollBackModel);
  add(
    'reset-versions',
    'forget how high the versions of a model were, for updates that count from below again',
  )
    .argument('<name>', 'name of a model that was updated, without @version')
    .addHelpText(
      'after',
      `
An update has to be above every version that was ever accepted. Where one was too high, or a new sender counts from 1, this
forgets the versions of the model, but for those that are current or that a roll-back goes to. Older updates, signed and not
expired, can be installed again then.

Example:
  pose-agent models reset-versions hall-pose`,
    )
    .action(resetVersions);
  add(
    'clean',
    'remove updates that are neither current, previous nor the newest, and files that no model has',
  )
    .addHelpText('after', '\nFiles younger than three hours stay.\n\nExample:\n  pose-agent models clean')
    .action(cleanModels);
}
