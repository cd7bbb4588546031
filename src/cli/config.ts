import { Command } from 'commander';
import { stringify } from 'yaml';
import { configJsonSchema } from '../config/json-schema.js';
import { loadConfig } from '../config/load-config.js';
import { redactConfig } from '../config/redact-config.js';

function printConfig(options: { config?: string; json?: boolean }): void {
  const { config, file } = loadConfig({ configFile: options.config });
  const shown = redactConfig(config);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    return;
  }
  process.stdout.write(`# ${file ?? 'no configuration file: defaults and environment'}\n${stringify(shown)}`);
}

function checkConfig(file: string): void {
  // The file is judged by itself: what this shell's environment would change does not count.
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('EDGE_POSE_')),
  );
  loadConfig({ configFile: file, environment });
  process.stdout.write(`OK: ${file}\n`);
}

/** `pose-agent config`: shows, checks and documents the configuration. */
export function configCommand(): Command {
  const command = new Command('config').description('show, check and document the configuration');
  command
    .command('print')
    .description('print the configuration in effect: defaults < file < environment; secrets are hidden')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print JSON instead of YAML')
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
  return command;
}
