import type { Command } from 'commander';
import {
  type Discovery,
  discoverCameras,
  type OwnInterface,
  usableInterfaces,
} from '../camera/onvif/discover-cameras.js';
import { listProfiles } from '../camera/onvif/list-profiles.js';
import { plainText } from '../camera/onvif/plain-text.js';
import type { DiscoveredCamera } from '../camera/onvif/probe-messages.js';
import type { Login } from '../camera/onvif/username-token.js';
import { ConfigInvalidError } from '../config/config-problem.js';
import { readSecretFile } from '../config/read-secret-file.js';
import { AgentError, type ErrorCode } from '../errors.js';
import { exitCodes } from './exit-codes.js';
import { positive } from './run-options.js';

interface DiscoverOptions {
  username?: string;
  passwordFile?: string;
  interface?: string[];
  wait: number;
  json?: boolean;
}

/** One stream of a camera, as `cameras discover --json` prints it. */
interface ProfileRow {
  name: string;
  token: string;
  encoding: string | null;
  width: number | null;
  height: number | null;
  fps: number | null;
  source: string;
}

/** One camera, as `cameras discover --json` prints it. */
interface CameraRow extends DiscoveredCamera {
  /** null where no login was given, or it could not be had. */
  profiles: ProfileRow[] | null;
  /** Why there are none. */
  error: { code: ErrorCode; message: string } | null;
}

async function discover(options: DiscoverOptions, command: Command): Promise<void> {
  const { username, passwordFile } = options;
  if (passwordFile !== undefined && username === undefined) {
    command.error('error: --password-file needs --username, the name to log in with');
  }
  const interfaces = chosenInterfaces(options.interface, command);
  const login = username === undefined ? undefined : { username, password: readPassword(passwordFile) };
  const discovery = await discoverCameras({ interfaces, waitMs: options.wait * 1000 });
  const rows = await Promise.all(discovery.cameras.map((camera) => toRow(camera, login)));
  if (options.json === true) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  for (const { name, reason } of discovery.failures) {
    process.stderr.write(`warning: nothing could be asked on ${name}: ${reason}\n`);
  }
  if (rows.length === 0) throw noneFound(interfaces, discovery);
  if (options.json !== true) process.stdout.write(`${lines(rows, login !== undefined).join('\n')}\n`);
  if (rows.some(({ error }) => error !== null)) process.exitCode = exitCodes.camera;
}

function chosenInterfaces(names: readonly string[] | undefined, command: Command): OwnInterface[] {
  const interfaces = usableInterfaces(names);
  const missing = names?.find((name) => !interfaces.some((one) => one.name === name));
  if (missing !== undefined) {
    const known = [...new Set(usableInterfaces().map(({ name }) => name))].join(', ');
    command.error(
      `error: no network interface ${missing} with an IPv4 address; there are: ${known || 'none'}`,
    );
  }
  return interfaces;
}

function readPassword(file: string | undefined): string {
  if (file === undefined) return '';
  try {
    return readSecretFile(file, { onWarning: (text) => process.stderr.write(`warning: ${text}\n`) });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const expected = 'a file whose first line is the password';
    throw new ConfigInvalidError([
      { path: '--password-file', expected, found: `${file}, which gives ${code}` },
    ]);
  }
}

function noneFound(interfaces: readonly OwnInterface[], { failures }: Discovery): AgentError {
  if (interfaces.length === 0) {
    return new AgentError(
      'CAMERA_NONE_FOUND',
      'no network interface of this machine has an IPv4 address and a link',
    );
  }
  const asked = interfaces.filter(({ name }) => !failures.some((failure) => failure.name === name));
  const on = asked.map(({ name, address }) => `${name} (${address})`).join(', ');
  return new AgentError('CAMERA_NONE_FOUND', `no ONVIF camera answered on ${on || 'any network interface'}`);
}

async function toRow(camera: DiscoveredCamera, login: Login | undefined): Promise<CameraRow> {
  if (login === undefined) return { ...camera, profiles: null, error: null };
  try {
    const found = await listProfiles(camera, login);
    const profiles = found.map(({ service: _, ...profile }) => {
      const isOwn = found.filter(({ name }) => name === profile.name).length === 1;
      const query = encodeURIComponent(isOwn ? profile.name : profile.token);
      return { ...profile, source: `${camera.source}?profile=${query}` };
    });
    return { ...camera, profiles, error: null };
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return { ...camera, profiles: null, error: { code: error.code, message: error.message } };
  }
}

function lines(rows: readonly CameraRow[], loggedIn: boolean): string[] {
  const told = rows.flatMap((row) => {
    const title = [row.address, row.name ?? 'unnamed', ...(row.hardware === null ? [] : [row.hardware])];
    const streams = table((row.profiles ?? []).map(profileCells));
    const failure = row.error === null ? [] : [`${row.error.message} (${row.error.code})`];
    return [
      title.join('  '),
      ...[`source: ${row.source}`, ...streams, ...failure].map((line) => `  ${line}`),
    ];
  });
  if (loggedIn) return told;
  return [...told, 'With --username NAME --password-file FILE their streams are listed, too.'];
}

function profileCells({ name, encoding, width, height, fps, source }: ProfileRow): string[] {
  const size = width === null || height === null ? 'size not stated' : `${width}x${height}`;
  const rate = fps === null ? 'rate not stated' : `${Number(fps.toFixed(1))} frames/s`;
  return [encoding ?? 'encoding not stated', size, rate, `source: ${source}`, `(${plainText(name)})`];
}

function table(rows: readonly string[][]): string[] {
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `pose-agent cameras discover`: the ONVIF cameras of the network, and their streams. */
export function addDiscoverCommand(cameras: Command): void {
  cameras
    .command('discover')
    .description(
      'find ONVIF cameras in the network, and list their streams with the line that configures each',
    )
    .option('--username <name>', 'log in with this name at every camera that answers, to list its streams')
    .option('--password-file <file>', 'file that holds the password on its first line')
    .option('--interface <name...>', 'ask on these network interfaces alone; on every one by default')
    .option('--wait <seconds>', 'how long to wait for answers', positive, 3)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nWhoever answers is offered the login, as a hash that is good for this once: use it in a network that you trust.' +
        '\n\nExamples:\n  pose-agent cameras discover' +
        '\n  pose-agent cameras discover --username admin --password-file camera.password',
    )
    .action(discover);
}
