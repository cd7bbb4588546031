import { ConfigSources, type LoadConfigOptions, type LoadedConfig } from './config-sources.js';

export type { LoadConfigOptions, LoadedConfig };

/**
 * The configuration of this machine alone: defaults < file < environment < flags.
 * Throws AgentError CONFIG_UNREADABLE, or ConfigInvalidError with every problem at once.
 */
export function loadConfig(options: LoadConfigOptions = {}): LoadedConfig {
  return ConfigSources.read(options).effective();
}
