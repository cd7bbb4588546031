import { type Assignment, assign, isMapping, type Mapping, valueAt } from './assignment.js';
import { defaultCameras } from './camera-section.js';
import type { ConfigProblem } from './config-problem.js';
import { type ConfigPath, schemaAt, takesText } from './json-schema.js';
import { splitCredentials } from './split-credentials.js';

/** Where a problem comes from that a document of the topic config/desired brought in. */
export const remoteOrigin = 'config/desired';

/** A document under work: the file's data, with stronger layers laid over it one after the other. */
export class Layers {
  readonly problems: ConfigProblem[] = [];
  readonly #fileOrigin: (path: ConfigPath) => string | undefined;
  readonly #origins = new Map<string, string>();
  #data: unknown;
  #remote: Mapping = {};

  /** `data` is changed; `fileOrigin` says where in the file the value at a path stands. */
  constructor(data: unknown, fileOrigin: (path: ConfigPath) => string | undefined) {
    this.#data = data;
    this.#fileOrigin = fileOrigin;
    if (isMapping(data)) {
      // In YAML a section whose every line is commented out is null: nothing is set in it.
      for (const name of Object.keys(data)) {
        if (data[name] === null && schemaAt([name])?.type === 'object') delete data[name];
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

  get data(): unknown {
    return this.#data;
  }

  get cameras(): unknown[] | undefined {
    const cameras = valueAt(this.data, ['cameras']);
    return cameras === undefined ? defaultCameras : Array.isArray(cameras) ? cameras : undefined;
  }

  /** Lays a remote document over the file: mappings key by key, everything else whole. */
  merge(remote: Mapping): void {
    this.#remote = remote;
    if (isMapping(this.#data)) this.#data = merged(this.#data, structuredClone(remote));
  }

  apply(assignments: readonly Assignment[]): void {
    const data = this.#data;
    if (!isMapping(data)) return;
    // The URL first: credentials that the same layer sets by their own keys are stronger than those in it.
    const isUrl = ({ path }: Assignment) => path.join('.') === 'mqtt.url';
    for (const assignment of [...assignments.filter(isUrl), ...assignments.filter((one) => !isUrl(one))]) {
      this.#applyOne(data, assignment);
    }
  }

  originOf(path: ConfigPath): string | undefined {
    for (let length = path.length; length > 0; length--) {
      const origin = this.#origins.get(path.slice(0, length).join('.'));
      if (origin !== undefined) return origin;
    }
    return isSetIn(this.#remote, path) ? remoteOrigin : this.#fileOrigin(path);
  }

  #applyOne(data: Mapping, assignment: Assignment): void {
    const { path, from, value } = assignment;
    this.#replaceTextAbove(data, path);
    if (path[0] === 'cameras' && data.cameras === undefined) data.cameras = structuredClone(defaultCameras);
    // Later assignments may reach into the value of this one.
    if (assign(data, { ...assignment, value: structuredClone(value) }) === 'gap') {
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

  /** Where a password as a text would stand in the way of {secret: …} or {file: …}, which may take its place. */
  #replaceTextAbove(data: Mapping, path: string[]): void {
    const above = path.slice(0, -1);
    const node = schemaAt(above);
    if (node !== undefined && takesText(node) && typeof valueAt(data, above) === 'string') {
      assign(data, { path: above, value: {}, from: '' });
    }
  }

  /** True where the key was not set by the environment when `from` is a variable too: both at once are a mistake. */
  #weaker(key: string, from: string): boolean {
    const origin = this.#origins.get(key);
    return origin === undefined || origin.startsWith('--') !== from.startsWith('--');
  }
}

/** `over` laid over `base`, as a new value; keys like __proto__ stay keys. */
function merged(base: unknown, over: unknown): unknown {
  if (!isMapping(base) || !isMapping(over)) return over;
  const entries = Object.entries(base).filter(([name]) => !Object.hasOwn(over, name));
  for (const [name, value] of Object.entries(over)) {
    entries.push([name, Object.hasOwn(base, name) ? merged(base[name], value) : value]);
  }
  return Object.fromEntries(entries);
}

/** True where the document itself holds the value at `path`, or a list or simple value that `path` leads into. */
function isSetIn(document: Mapping, path: ConfigPath): boolean {
  let value: unknown = document;
  for (const part of path) {
    if (!isMapping(value)) return true;
    if (!Object.hasOwn(value, part)) return false;
    value = value[part as string];
  }
  return path.length > 0;
}
