import { type EngineName, engineDevices, engineNames } from '../config/engine-devices.js';
import { AgentError } from '../errors.js';
import { isBuilt } from './load-addon.js';

/**
 * The runtime that `model.engine` means here. `auto` is the first that is built, whatever the model: OpenVINO, the
 * first of all, reads every format that TensorRT reads. Where none is built it is OpenVINO, whose loading says what to
 * do. Nothing is loaded.
 */
export function chooseEngine(
  wanted: EngineName | 'auto',
  isHere: (name: EngineName) => boolean = isBuilt,
): EngineName {
  if (wanted !== 'auto') return wanted;
  return engineNames.find((name) => isHere(name)) ?? engineNames[0];
}

/** The device that `model.device` means with a runtime. Throws AgentError ENGINE_OPTION_INVALID where it has none such. */
export function chooseDevice(engine: EngineName, wanted: string): string {
  const { usual, pattern, expected } = engineDevices[engine];
  if (wanted === 'auto') return usual;
  if (pattern.test(wanted)) return wanted;
  const message = `model.device is ${wanted}, and the engine here is ${engine}: write ${expected}`;
  throw new AgentError('ENGINE_OPTION_INVALID', message);
}
