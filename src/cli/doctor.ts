import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { Command } from 'commander';
import { deployableModel } from '../agent/deployable-model.js';
import { loadOpencv } from '../camera/opencv.js';
import { probeCameras } from '../camera/probe-cameras.js';
import type { EngineName } from '../config/engine-devices.js';
import { loadConfig } from '../config/load-config.js';
import type { Config } from '../config/schema.js';
import { chooseDevice, chooseEngine } from '../engine/choose-engine.js';
import { loadCore, loadEngine } from '../engine/load-addon.js';
import { AgentError } from '../errors.js';
import { exitCodes } from './exit-codes.js';

/** `note`: absent, and not needed by this configuration. */
type Verdict = 'ok' | 'note' | 'failed';

interface Finding {
  check: string;
  verdict: Verdict;
  found: string;
  remedy: string | null;
}

const connectTimeoutMs = 3000;

function ok(check: string, found: string): Finding {
  return { check, verdict: 'ok', found, remedy: null };
}

/** Runs one check; what it throws is the finding. */
async function examine(check: string, run: () => Promise<string> | string): Promise<Finding> {
  try {
    return ok(check, await run());
  } catch (error) {
    const remedy = error instanceof AgentError ? error.remedy : null;
    return { check, verdict: 'failed', found: (error as Error).message, remedy };
  }
}

async function engineFinding(name: EngineName, wanted: Config['model']): Promise<Finding> {
  const isWanted = chooseEngine(wanted.engine) === name;
  const finding = await examine(`engine ${name}`, async () => {
    const { version, devices } = await loadEngine(name).devices();
    const list = devices.map(({ id, name: deviceName }) => `${id} (${deviceName})`).join(', ');
    const device = isWanted ? chooseDevice(name, wanted.device) : 'AUTO';
    const present = devices.some(({ id }) => id === device || id.startsWith(`${device}.`));
    if (device !== 'AUTO' && !present) {
      throw new AgentError('ENGINE_DEVICE_ABSENT', `${device} is configured; seen: ${list || 'none'}`);
    }
    return `${version}; devices: ${list || 'none'}`;
  });
  // The engine of other machines may be absent here.
  return finding.verdict === 'failed' && !isWanted ? { ...finding, verdict: 'note' } : finding;
}

function cameraFindings(): Finding[] {
  const cameras = probeCameras().filter(({ isFirstNode }) => isFirstNode !== false);
  if (cameras.length === 0) {
    const remedy = 'Plug one in, or use an RTSP or HTTP address, a file, or sample: as the source.';
    return [{ check: 'cameras', verdict: 'note', found: 'no V4L2 camera on this machine', remedy }];
  }
  return cameras.map(({ device, name, problem }) =>
    problem
      ? { check: `camera ${device}`, verdict: 'failed', found: name ?? 'unnamed', remedy: problem }
      : ok(`camera ${device}`, name ?? 'unnamed'),
  );
}

function reach(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: connectTimeoutMs });
    const fail = (why: string): void => {
      socket.destroy();
      reject(new AgentError('MQTT_UNREACHABLE', `${host}:${port}: ${why}`));
    };
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.on('timeout', () => fail(`no answer for ${connectTimeoutMs / 1000} s`));
    socket.on('error', ({ message }) => fail(message));
  });
}

async function brokerFinding({ url, embedded_port }: Config['mqtt']): Promise<Finding> {
  if (url === undefined) return ok('broker', `inside the agent, 127.0.0.1:${embedded_port}`);
  return examine('broker', async () => {
    const { hostname, port, protocol } = new URL(url);
    await reach(hostname, Number(port || (protocol === 'mqtts:' ? 8883 : 1883)));
    return `${hostname} answers`;
  });
}

async function stateFinding(folder: string): Promise<Finding> {
  return examine('state folder', async () => {
    if (!existsSync(folder)) await mkdir(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  });
}

async function doctor(options: { config?: string; json?: boolean }): Promise<void> {
  const { config, file } = loadConfig({ configFile: options.config });
  const findings = [
    ok('configuration', file ?? 'defaults'),
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
    await examine('model', async () => {
      const { id, reason } = await deployableModel(config);
      return reason ? `${id}: ${reason}` : id;
    }),
    await brokerFinding(config.mqtt),
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

/** `pose-agent doctor`: what this machine has, and the remedy for what it lacks. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check runtime, devices, cameras, model, broker and folders, with a remedy for each finding')
    .option('--config <file>', 'configuration file, YAML or JSON')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExits with 1 where something failed.\n\nExample:\n  pose-agent doctor')
    .action(doctor);
}
