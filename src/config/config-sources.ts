import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Assignment, Mapping } from './assignment.js';
import { cameraGuardProblems } from './camera-guard.js';
import { ConfigInvalidError, type ConfigProblem, describeFound } from './config-problem.js';
import { defaultDeviceId, defaultStateDir } from './default-names.js';
import type { ConfigPath } from './json-schema.js';
import { Layers, remoteOrigin } from './layers.js';
import { type ParsedConfig, parseConfig } from './parse-config.js';
import { permissionWarning } from './permission-warning.js';
import { type ConfigDocument, readDocument } from './read-document.js';
import { readEnvironment } from './read-environment.js';
import { holdsSecret } from './redact-config.js';
import type { Config } from './schema.js';

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
  /** For the log: what works, and still should be changed. */
  warnings: readonly string[];
}

const systemFile = '/etc/edge-pose-agent/config.yaml';

/**
 * What this machine says of the configuration: file, environment and flags, each read once. Configurations are made
 * of it for any document from afar: defaults < file < remote document < environment < flags.
 */
export class ConfigSources {
  /** Absolute; undefined where there is none. */
  readonly file: string | undefined;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #flags: ConfigFlags;
  readonly #document: ConfigDocument | undefined;
  readonly #assignments: readonly Assignment[];
  readonly #problems: readonly ConfigProblem[];

  private constructor(options: LoadConfigOptions) {
    this.#environment = { ...(options.environment ?? process.env) };
    this.#flags = { ...options.flags };
    this.file = configFile(options.configFile, this.#environment);
    this.#document = this.file === undefined ? undefined : readDocument(this.file);
    const { assignments, problems } = readEnvironment(this.#environment);
    this.#assignments = assignments;
    this.#problems = problems;
  }

  /** Reads all three; judges only what cannot be read. Throws AgentError CONFIG_UNREADABLE. */
  static read(options: LoadConfigOptions = {}): ConfigSources {
    return new ConfigSources(options);
  }

  /**
   * The configuration in effect under a document from afar (its `config`), or without one.
   * Throws ConfigInvalidError with every problem at once.
   */
  effective(remote?: Mapping): LoadedConfig {
    const layers = new Layers(structuredClone(this.#document?.data ?? {}), (path) => this.#origin(path));
    if (remote !== undefined) layers.merge(remote);
    layers.apply(this.#assignments);
    layers.apply(flagAssignments(this.#flags, layers));
    const result = parseConfig(layers.data, (path) => layers.originOf(path));
    const remoteCameras = remote !== undefined && Object.hasOwn(remote, 'cameras');
    const all = [
      ...this.#problems,
      ...layers.problems,
      ...(remoteCameras ? this.#setHere(remote.cameras) : []),
      ...('problems' in result ? result.problems : this.#guard(result.config, remoteCameras, layers)),
    ];
    if (!('config' in result) || all.length > 0) throw new ConfigInvalidError(all);
    const { device_id, state_dir, ...rest } = result.config;
    return {
      config: {
        ...rest,
        device_id: device_id ?? defaultDeviceId(),
        state_dir: resolve(state_dir ?? defaultStateDir(this.#environment)),
        remote_cameras: remoteCameras,
      },
      file: this.file,
      warnings: this.#warnings(),
    };
  }

  /** What the environment and flags say of cameras, passwords too, is for those of the local file. */
  #setHere(cameras: unknown): ConfigProblem[] {
    const variables = this.#assignments.filter(({ path }) => path[0] === 'cameras').map(({ from }) => from);
    const here = [...variables, ...(this.#flags.source === undefined ? [] : ['--source'])];
    if (here.length === 0) return [];
    const expected = `no cameras in a remote document, because this device sets keys of its own cameras by ${here.join(', ')}`;
    return [{ path: 'cameras', expected, found: describeFound(cameras, ['cameras']), from: remoteOrigin }];
  }

  #guard(config: ParsedConfig, remoteCameras: boolean, layers: Layers): ConfigProblem[] {
    return cameraGuardProblems(config, remoteCameras).map((problem) => ({
      ...problem,
      from: layers.originOf(problem.path.split('.')),
    }));
  }

  #origin(path: ConfigPath): string | undefined {
    if (this.file === undefined) return undefined;
    const line = this.#document?.lineOf(path);
    return line === undefined ? this.file : `${this.file}, line ${line}`;
  }

  #warnings(): string[] {
    if (this.file === undefined || !holdsSecret(this.#document?.data)) return [];
    const warning = permissionWarning(this.file);
    return warning === undefined ? [] : [`A password stands in the configuration file, and ${warning}`];
  }
}

function configFile(named: string | undefined, environment: NodeJS.ProcessEnv): string | undefined {
  const path =
    named ?? (environment.EDGE_POSE_CONFIG || undefined) ?? (existsSync(systemFile) ? systemFile : undefined);
  return path === undefined ? undefined : resolve(path);
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
