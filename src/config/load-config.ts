import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Assignment, assign, isMapping, type Mapping, valueAt } from './assignment.js';
import { defaultCameras } from './camera-section.js';
import { ConfigInvalidError, type ConfigProblem, describeFound } from './config-problem.js';
import { defaultDeviceId, defaultStateDir } from './default-names.js';
import { type ConfigPath, schemaAt } from './json-schema.js';
import { parseConfig } from './parse-config.js';
import { readDocument } from './read-document.js';
import { readEnvironment } from './read-environment.js';
import type { Config } from './schema.js';
import { splitCredentials } from './split-credentials.js';

/** Flags of the command line that set a key; each may be left out. */
export interface ConfigFlags {
  /** Of the only camera. */
  source?: string | undefined;
  model?: string | undefined;
  engine?: string | undefined;
  device?: string | undefined;
  /** The broker's URL. */
  mqtt?: string | undefined;
  /** Of every camera. */
  pace?: string | undefined;
}

export interface LoadConfigOptions {
  /** --config. Without it $EDGE_POSE_CONFIG, else /etc/edge-pose-agent/config.yaml where that exists. */
  configFile?: string | undefined;
  /** process.env where left out. */
  environment?: NodeJS.ProcessEnv | undefined;
  flags?: ConfigFlags | undefined;
}

export interface LoadedConfig {
  config: Config;
  /** The file that was read, absolute; undefined where there was none. */
  file: string | undefined;
}

const systemFile = '/etc/edge-pose-agent/config.yaml';

/**
 * The configuration in effect: defaults < file < environment < flags.
 * Throws AgentError CONFIG_UNREADABLE, or ConfigInvalidError with every problem at once.
 */
export function loadConfig(options: LoadConfigOptions = {}): LoadedConfig {
  const environment = options.environment ?? process.env;
  const file = configFile(options.configFile, environment);
  const document = file === undefined ? undefined : readDocument(file);
  const layers = new Layers(document?.data ?? {}, (path) => {
    if (file === undefined) return undefined;
    const line = document?.lineOf(path);
    return line === undefined ? file : `${file}, line ${line}`;
  });
  const { assignments, problems } = readEnvironment(environment);
  layers.apply(assignments);
  layers.apply(flagAssignments(options.flags ?? {}, layers));
  const result = parseConfig(layers.data, (path) => layers.originOf(path));
  const all = [...problems, ...layers.problems, ...('problems' in result ? result.problems : [])];
  if (!('config' in result) || all.length > 0) throw new ConfigInvalidError(all);
  const { device_id, state_dir, ...rest } = result.config;
  return {
    config: {
      ...rest,
      device_id: device_id ?? defaultDeviceId(),
      state_dir: resolve(state_dir ?? defaultStateDir(environment)),
    },
    file,
  };
}

function configFile(named: string | undefined, environment: NodeJS.ProcessEnv): string | undefined {
  const path =
    named ?? (environment.EDGE_POSE_CONFIG || undefined) ?? (existsSync(systemFile) ? systemFile : undefined);
  return path === undefined ? undefined : resolve(path);
}

/** A document under work: the file's data, with stronger layers laid over it one after the other. */
class Layers {
  readonly data: unknown;
  readonly problems: ConfigProblem[] = [];
  readonly #fileOrigin: (path: ConfigPath) => string | undefined;
  readonly #origins = new Map<string, string>();

  constructor(data: unknown, fileOrigin: (path: ConfigPath) => string | undefined) {
    this.data = data;
    this.#fileOrigin = fileOrigin;
    if (isMapping(data)) {
      // In YAML a section whose every line is commented out is null: nothing is set in it.
      for (const name of Object.keys(data)) {
        if (data[name] === null && schemaAt([name])?.properties !== undefined) delete data[name];
      }
    }
    if (isMapping(data) && isMapping(data.mqtt)) {
      // Keys that stand beside the URL in the same file are stronger than what is in it.
      const beside = { ...data.mqtt };
      splitCredentials(data.mqtt);
      for (const name of ['username', 'password']) if (name in beside) data.mqtt[name] = beside[name];
      if ('password_file' in beside) data.mqtt.password_file = beside.password_file;
    }
  }

  get cameras(): unknown[] | undefined {
    const cameras = valueAt(this.data, ['cameras']);
    return cameras === undefined ? defaultCameras : Array.isArray(cameras) ? cameras : undefined;
  }

  apply(assignments: readonly Assignment[]): void {
    if (!isMapping(this.data)) return;
    // The URL first: credentials that the same layer sets by their own keys are stronger than those in it.
    const isUrl = ({ path }: Assignment) => path.join('.') === 'mqtt.url';
    for (const assignment of [...assignments.filter(isUrl), ...assignments.filter((one) => !isUrl(one))]) {
      this.#applyOne(this.data, assignment);
    }
  }

  originOf(path: ConfigPath): string | undefined {
    for (let length = path.length; length > 0; length--) {
      const origin = this.#origins.get(path.slice(0, length).join('.'));
      if (origin !== undefined) return origin;
    }
    return this.#fileOrigin(path);
  }

  #applyOne(data: Mapping, assignment: Assignment): void {
    const { path, from, value } = assignment;
    if (path[0] === 'cameras' && data.cameras === undefined) data.cameras = structuredClone(defaultCameras);
    if (assign(data, assignment) === 'gap') {
      const last = this.cameras?.length ?? 0;
      const found = `number ${path[1]}`;
      this.problems.push({ path: from, expected: `a camera from 0 to ${last}`, found });
      return;
    }
    const key = path.join('.');
    this.#origins.set(key, from);
    if (!isMapping(data.mqtt)) return;
    if (key === 'mqtt.url' || key === 'mqtt') {
      for (const name of splitCredentials(data.mqtt)) this.#origins.set(`mqtt.${name}`, from);
    }
    // A stronger layer's password takes the place of a weaker one's, whichever way each is given.
    if (key === 'mqtt.password' && this.#weaker('mqtt.password_file', from)) delete data.mqtt.password_file;
    if (key === 'mqtt.password_file' && value !== undefined && this.#weaker('mqtt.password', from)) {
      delete data.mqtt.password;
    }
  }

  /** True where the key was not set by the environment when `from` is a variable too: both at once are a mistake. */
  #weaker(key: string, from: string): boolean {
    const origin = this.#origins.get(key);
    return origin === undefined || origin.startsWith('--') !== from.startsWith('--');
  }
}

function flagAssignments(flags: ConfigFlags, layers: Layers): Assignment[] {
  const assignments: Assignment[] = [];
  const set = (path: string[], value: string | undefined, from: string) => {
    if (value !== undefined) assignments.push({ path, value, from });
  };
  const cameras = layers.cameras;
  if (flags.source !== undefined && cameras !== undefined && cameras.length !== 1) {
    const found = describeFound(cameras, ['cameras']);
    layers.problems.push({ path: '--source', expected: 'a configuration with a single camera', found });
  } else if (cameras !== undefined) {
    set(['cameras', '0', 'source'], flags.source, '--source');
  }
  for (const index of (cameras ?? []).keys()) set(['cameras', String(index), 'pace'], flags.pace, '--pace');
  set(['model', 'id'], flags.model, '--model');
  set(['model', 'engine'], flags.engine, '--engine');
  set(['model', 'device'], flags.device, '--device');
  set(['mqtt', 'url'], flags.mqtt, '--mqtt');
  return assignments;
}
