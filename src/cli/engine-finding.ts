import type { EngineName } from '../config/engine-devices.js';
import type { Config } from '../config/schema.js';
import { chooseDevice, chooseEngine } from '../engine/choose-engine.js';
import { loadEngine } from '../engine/load-addon.js';
import { AgentError } from '../errors.js';
import { examine, type Finding } from './finding.js';

/** Whether an engine loads and sees the device that is configured for it. */
export async function engineFinding(name: EngineName, wanted: Config['model']): Promise<Finding> {
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
