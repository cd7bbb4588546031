import { join } from 'node:path';
import { missingDecoderPackages } from '../camera/missing-decoder-packages.js';
import type { Config } from '../config/schema.js';
import { hasArgusSocket } from '../jetson/has-argus-socket.js';
import { type JetsonMachine, readMachine } from '../jetson/read-machine.js';
import { type JetsonMemory, readMemory } from '../jetson/read-memory.js';
import { readPowerModes } from '../jetson/read-power-modes.js';
import { readTemperatures } from '../telemetry/read-temperatures.js';
import { type Finding, ok } from './finding.js';

/** Degrees Celsius; Orin and Xavier begin to slow down 10 to 15 above it. */
const hot = 85;
const gibibyte = 2 ** 30;
/** Less than this is free for a worker and its plan only with luck. */
const littleMemory = 1.5 * gibibyte;
/** A box of nominally 8 GB or less, which building a plan can fill. */
const smallMemory = 8.5 * gibibyte;

/** What there is to say of a Jetson and of nothing else; empty where the machine below `root` is none. */
export async function jetsonFindings(cameras: Config['cameras'], root: string): Promise<Finding[]> {
  const machine = await readMachine(root);
  if (machine === null) return [];
  const memory = await readMemory(root);
  const sources = cameras.filter(({ enabled }) => enabled);
  return [
    ok('jetson', describeMachine(machine)),
    await powerModeFinding(root),
    ...(await temperatureFindings(root)),
    ...(memory === null ? [] : [memoryFinding(memory), swapFinding(memory)]),
    ...(sources.some(({ source }) => source.startsWith('csi:')) ? [await argusFinding(root)] : []),
    ...(sources.some(({ decoder }) => decoder === 'jetson') ? [decoderFinding(root)] : []),
  ];
}

function note(check: string, found: string, remedy: string): Finding {
  return { check, verdict: 'note', found, remedy };
}

function describeMachine({ model, l4t, jetpack }: JetsonMachine): string {
  const release = l4t === null ? 'a release of L4T that it does not name' : `L4T ${l4t}`;
  return `${model ?? 'a model that it does not name'}, ${jetpack === null ? release : `JetPack ${jetpack} (${release})`}`;
}

async function powerModeFinding(root: string): Promise<Finding> {
  const modes = await readPowerModes(root);
  if (modes === null) return note('power mode', 'not known', '`sudo nvpmodel -q` shows it.');
  const { current, fastest, all } = modes;
  if (current.id === fastest.id) return ok('power mode', `${current.name}, the fastest`);
  const names = all.map(({ id, name }) => `${name} (${id})`).join(', ');
  return note(
    'power mode',
    `${current.name}; there are ${names}`,
    `\`sudo nvpmodel -m ${fastest.id}\` selects ${fastest.name}, the fastest, where power supply and cooling are ` +
      'made for it; `sudo jetson_clocks` then holds its clocks at their highest until the next start.',
  );
}

async function temperatureFindings(root: string): Promise<Finding[]> {
  // The power chip's zone says 50 or 100 at all times.
  const zones = Object.entries(await readTemperatures(join(root, 'sys/class/thermal'))).filter(
    ([zone]) => !/pmic/i.test(zone),
  );
  const [hottest] = zones.sort(([, a], [, b]) => b - a);
  if (hottest === undefined) return [];
  const found = `${hottest[1].toFixed(1)} °C in ${hottest[0]}, the hottest zone`;
  if (hottest[1] < hot) return [ok('temperature', found)];
  const remedy =
    'It will slow down soon: see to fan, heat sink and air, or choose a power mode with fewer watts.';
  return [note('temperature', found, remedy)];
}

function memoryFinding({ total, available }: JetsonMemory): Finding {
  const found = `${gibibytes(available)} of ${gibibytes(total)} GiB available to CPU and GPU`;
  if (available >= littleMemory) return ok('memory', found);
  const remedy =
    'End what else runs; without the desktop (`sudo systemctl set-default multi-user.target`, from the next start) ' +
    'there is up to 1 GiB more.';
  return note('memory', found, remedy);
}

function swapFinding({ total, zram, swap }: JetsonMemory): Finding {
  const found = `${gibibytes(swap)} GiB on disk, ${gibibytes(zram)} GiB of zram`;
  if (total > smallMemory || swap > 0) return ok('swap', found);
  const remedy =
    'zram is compressed memory; to build a plan on a box of this size add a swap file (docs/deploy-jetson.md).';
  return note('swap', found, remedy);
}

async function argusFinding(root: string): Promise<Finding> {
  if (await hasArgusSocket(root)) return ok('argus', 'nvargus-daemon has its socket');
  return {
    check: 'argus',
    verdict: 'failed',
    found: 'a csi: camera is configured, and /tmp/argus_socket is not there',
    remedy:
      '`sudo systemctl restart nvargus-daemon`; a service sees the socket where it was installed with ' +
      '`scripts/install-service --csi`.',
  };
}

function decoderFinding(root: string): Finding {
  const check = 'video decoder';
  const missing = missingDecoderPackages(root);
  if (missing.length === 0) return ok(check, 'GStreamer has nvv4l2decoder and what goes with it');
  return {
    check,
    verdict: 'failed',
    found: 'decoder: jetson is configured, and parts of GStreamer are missing',
    remedy: `\`sudo apt-get install ${missing.join(' ')}\``,
  };
}

function gibibytes(bytes: number): string {
  return (bytes / gibibyte).toFixed(1);
}
