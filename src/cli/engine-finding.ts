import type { Config } from '../config/schema.js';
import { type EngineName, loadEngine } from '../engine/load-addon.js';
import { AgentError } from '../errors.js';
import { examine, type Finding } from './finding.js';

/** Whether an engine loads and sees the device that is configured for it. */
export async function engineFinding(name: EngineName, wanted: Config['model']): Promise<Finding> {
  const finding = await examine(`engine ${name}`, async () => {
    const { version, devices } = await loadEngine(name).devices();
    const list = devices.map(({ id, name: deviceName }) => `${id} (${deviceName})`).join(', ');
    const present = devices.some(({ id }) => id === wanted.device || id.startsWith(`${wanted.device}.`));
    if (wanted.engine === name && wanted.device !== 'AUTO' && !present) {
      throw new AgentError('ENGINE_DEVICE_ABSENT', `${wanted.device} is configured; seen: ${list || 'none'}`);
    }
    return `${version}; devices: ${list || 'none'}`;
  });
  // The engine of other machines may be absent here.
  return finding.verdict === 'failed' && wanted.engine !== name ? { ...finding, verdict: 'note' } : finding;
}
