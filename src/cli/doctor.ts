import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Command } from 'commander';
import { deployableModel } from '../agent/deployable-model.js';
import { loadOpencv } from '../camera/opencv.js';
import { loadConfig } from '../config/load-config.js';
import { loadCore } from '../engine/load-addon.js';
import { brokerFinding } from './broker-finding.js';
import { cameraFindings } from './camera-findings.js';
import { engineFinding } from './engine-finding.js';
import { exitCodes } from './exit-codes.js';
import { examine, type Finding, ok } from './finding.js';
import { graphicsFindings } from './graphics-findings.js';
import { jetsonFindings } from './jetson-findings.js';

async function stateFinding(folder: string): Promise<Finding> {
  return examine('state folder', async () => {
    if (!existsSync(folder)) await mkdir(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  });
}

async function doctor(options: { config?: string; json?: boolean }, root: string): Promise<void> {
  const { config, file } = loadConfig({ configFile: options.config });
  const findings = [
    ok('configuration', file ?? 'defaults'),
    ...(await jetsonFindings(config.cameras, root)),
    await examine('decoders', () => {
      loadCore();
      return 'native core loads';
    }),
    await engineFinding('openvino', config.model),
    await engineFinding('tensorrt', config.model),
    await examine('opencv', () => {
      const { major, minor, revision } = loadOpencv().version;
      return `${major}.${minor}.${revision}`;
    }),
    ...cameraFindings(),
    ...graphicsFindings(config.cameras, root),
    await examine('model', async () => {
      const { id, reason } = await deployableModel(config);
      return reason ? `${id}: ${reason}` : id;
    }),
    await brokerFinding(config),
    await stateFinding(config.state_dir),
  ];
  process.stdout.write(options.json === true ? `${JSON.stringify(findings)}\n` : `${table(findings)}\n`);
  if (findings.some(({ verdict }) => verdict === 'failed')) process.exitCode = exitCodes.failure;
}

function table(findings: Finding[]): string {
  return findings
    .map(({ check, verdict, found, remedy }) => {
      const line = `${verdict.padEnd(6)}  ${check.padEnd(16)}  ${found}`;
      return remedy === null ? line : `${line}\n${' '.repeat(26)}→ ${remedy}`;
    })
    .join('\n');
}

/** `pose-agent doctor`: what this machine, whose files lie below `root`, has, and the remedy for what it lacks. */
export function doctorCommand(root = '/'): Command {
  return new Command('doctor')
    .description('check runtime, devices, cameras, model, broker and folders, with a remedy for each finding')
    .option('--config <file>', 'configuration file, YAML or JSON')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExits with 1 where something failed.\n\nExample:\n  pose-agent doctor')
    .action((options) => doctor(options, root));
}
