import { Command } from 'commander';
import { stringify } from 'yaml';
import { configInEffect } from '../config/config-in-effect.js';
import { ConfigSources } from '../config/config-sources.js';
import { configJsonSchema } from '../config/json-schema.js';
import { loadConfig } from '../config/load-config.js';
import { redactConfig } from '../config/redact-config.js';
import { emptyState } from '../config/stored-state.js';
import { configFolder, readStoredState } from '../config/stored-state-files.js';
import { resetConfig } from './config-reset.js';

async function printConfig(options: { config?: string; json?: boolean; local?: boolean }): Promise<void> {
  const sources = ConfigSources.read({ configFile: options.config });
  const { state_dir } = sources.effective().config;
  const { state, notices } =
    options.local === true
      ? { state: emptyState, notices: [] }
      : await readStoredState(configFolder(state_dir));
  const { loaded, document, rejected } = configInEffect(sources, state);
  for (const notice of notices) process.stderr.write(`${notice}\n`);
  for (const { document, error } of rejected) {
    process.stderr.write(`config/desired version ${document.version} is not in effect. ${error.message}\n`);
  }
  for (const warning of loaded.warnings) process.stderr.write(`${warning}\n`);
  const { remote_cameras: _, ...shown } = redactConfig(loaded.config);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    return;
  }
  const origins = [loaded.file ?? 'no configuration file: defaults and environment'];
  if (document !== null) {
    const { version, id } = document;
    const phase = state.active?.version === version ? state.active.phase : 'good';
    origins.push(`config/desired version ${version} (${JSON.stringify(id)}, ${phase})`);
  }
  process.stdout.write(`${origins.map((origin) => `# ${origin}\n`).join('')}${stringify(shown)}`);
}

function checkConfig(file: string): void {
  // The file is judged by itself: what this shell's environment would change does not count.
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('EDGE_POSE_')),
  );
  loadConfig({ configFile: file, environment });
  process.stdout.write(`OK: ${file}\n`);
}

/** `pose-agent config`: shows, checks, documents and resets the configuration. */
export function configCommand(): Command {
  const command = new Command('config').description(
    'show, check and document the configuration; forget the remote one',
  );
  command
    .command('print')
    .description(
      'print the configuration in effect: defaults < file < what came from afar < environment; secrets are hidden',
    )
    .option('--config <file>', 'configuration file')
    .option('--json', 'print JSON instead of YAML')
    .option('--local', 'leave out what came from afar')
    .addHelpText('after', '\nExample:\n  pose-agent config print --config edge-pose.yaml')
    .action(printConfig);
  command
    .command('check')
    .description('check a configuration file; lists every problem with what was expected and found')
    .argument('<file>', 'YAML or JSON file')
    .addHelpText('after', '\nExample:\n  pose-agent config check edge-pose.yaml')
    .action(checkConfig);
  command
    .command('schema')
    .description('print the JSON Schema of a configuration file')
    .addHelpText('after', '\nExample:\n  pose-agent config schema > edge-pose.schema.json')
    .action(() => {
      process.stdout.write(`${JSON.stringify(configJsonSchema, null, 2)}\n`);
    });
  command
    .command('reset')
    .description('forget the remote configuration and its versions; the local file alone is in effect then')
    .option('--config <file>', 'configuration file')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
The way back where a document has used the versions up, or for a new sender that counts from 1. An agent that runs takes it
over at once; what was stored is put aside.

Example:
  pose-agent config reset --yes`,
    )
    .action(resetConfig);
  return command;
}
