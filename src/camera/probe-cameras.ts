import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface ProbedCamera {
  /** For example /dev/video0. */
  readonly device: string;
  /** What the driver calls it, or null where it does not say. */
  readonly name: string | null;
  /** False for the further nodes of a camera (metadata); null where the kernel does not say. */
  readonly isFirstNode: boolean | null;
  /** Empty when this process may read and write it, else what to do. */
  readonly problem: string;
}

export interface ProbeOptions {
  /** /dev by default. */
  readonly devFolder?: string;
  /** /sys/class/video4linux by default. */
  readonly sysFolder?: string;
  /** Throws where this process may not read and write the device; the kernel decides by default. */
  readonly access?: (device: string) => void;
}

/** The V4L2 devices of this machine in the order of their numbers, without opening any. Never throws. */
export function probeCameras(options: ProbeOptions = {}): ProbedCamera[] {
  const { devFolder = '/dev', sysFolder = '/sys/class/video4linux', access = mayReadAndWrite } = options;
  return list(devFolder)
    .flatMap((name) => {
      const number = /^video(\d+)$/.exec(name)?.[1];
      return number === undefined ? [] : [Number(number)];
    })
    .sort((a, b) => a - b)
    .map((number) => {
      const device = join(devFolder, `video${number}`);
      const sys = join(sysFolder, `video${number}`);
      const index = firstLine(join(sys, 'index'));
      return {
        device,
        name: firstLine(join(sys, 'name')),
        isFirstNode: index === null ? null : index === '0',
        problem: accessProblem(device, access),
      };
    });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function firstLine(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').split('\n')[0]?.trim() || null;
  } catch {
    return null;
  }
}

function mayReadAndWrite(device: string): void {
  accessSync(device, constants.R_OK | constants.W_OK);
}

function accessProblem(device: string, access: (device: string) => void): string {
  try {
    access(device);
    return '';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EACCES' && code !== 'EPERM') return `cannot be reached (${code})`;
    const group = owningGroup(device);
    return `no permission: run \`sudo usermod -aG ${group} $USER\` and log in again`;
  }
}

function owningGroup(device: string): string {
  try {
    const { gid } = statSync(device);
    const line = readFileSync('/etc/group', 'utf8')
      .split('\n')
      .find((entry) => entry.split(':')[2] === String(gid));
    const name = line?.split(':')[0];
    // Membership of root's group is no remedy; Debian and Ubuntu give cameras to this one.
    return name === undefined || name === 'root' ? 'video' : name;
  } catch {
    return 'video';
  }
}
