import type { EngineName } from '../config/engine-devices.js';
import { hasAddon, loadAddon } from '../native/find-native.js';
import type { CoreBinding, EngineBinding } from './binding.js';

/** Whether an addon of that name is there; it may still not load, and then says why. Nothing is loaded. */
export function isBuilt(name: EngineName): boolean {
  return hasAddon(name);
}

/** The decoders. Throws AgentError ENGINE_NOT_BUILT. */
export function loadCore(): CoreBinding {
  return loadAddon('core') as CoreBinding;
}

/** One inference runtime; never another than the one asked for. Throws AgentError ENGINE_NOT_BUILT. */
export function loadEngine(name: EngineName): EngineBinding {
  return loadAddon(name) as EngineBinding;
}
