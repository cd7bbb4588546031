import { accessSync, constants, realpathSync } from 'node:fs';
import { AgentError } from '../errors.js';
import type { PreparedCamera } from './capture-source.js';

/** What is asked of the camera, which may choose other values. */
export interface V4l2Wishes {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly fps?: number | undefined;
}

/** A camera of this machine. Throws AgentError CAMERA_OPEN_FAILED where there is none, or it may not be used. */
export function prepareV4l2Camera(device: string, wishes: V4l2Wishes): PreparedCamera {
  assertDevice(device);
  const asked = Object.entries(wishes).filter(([, value]) => value !== undefined);
  return {
    spec: {
      body: 'opencv',
      backend: 'v4l2',
      // OpenCV knows devices by their number; names under /dev/v4l/by-id are links to one.
      target: realpathSync(device),
      ...Object.fromEntries(asked),
    },
    explain: (reason) =>
      reason.endsWith('does not open it')
        ? 'it is in use by another program, or it is no capture device (many cameras have a second node for metadata)'
        : reason,
  };
}

function assertDevice(device: string): void {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason =
      code === 'ENOENT'
        ? 'there is no such camera: it is not plugged in, or has another number'
        : code === 'EACCES'
          ? 'no permission: add the user to the group that owns it (video) and log in again'
          : `it cannot be reached (${code})`;
    throw new AgentError('CAMERA_OPEN_FAILED', `${device} cannot be opened: ${reason}`, { cause });
  }
}
