import type { CameraConfig } from '../config/schema.js';
import type { DataPlane } from './data-plane.js';

/**
 * Cameras that give no frames now, for whose absence whatever comes next is not to blame. None before the model is open:
 * until then nobody has asked for their frames, and each of them looks as if it were away.
 */
export function awayCameras({
  cameras,
  supervisorState,
}: Pick<DataPlane, 'cameras' | 'supervisorState'>): CameraConfig[] {
  if (supervisorState === 'opening') return [];
  return cameras.filter(({ status }) => status !== 'online').map(({ config }) => config);
}
