import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type AddModelOptions, addModel } from '../../src/agent/add-model.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { AgentError } from '../../src/errors.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { ModelStore } from '../../src/models/store.js';

type How = Omit<AddModelOptions, 'config'>;

/** A folder of somebody's models and a machine's state folder, both empty. */
export function setUpOwnModels(t: Test, stateDir?: string) {
  const home = t.testdir({ models: {} });
  const state = stateDir ?? join(home, 'state');
  const models = join(home, 'models');
  const file = join(home, 'config.yaml');
  writeFileSync(file, JSON.stringify({ state_dir: state, model: { threads: 1, mode: 'latency' } }));
  const { config } = loadConfig({ configFile: file });
  const add = (how: How) => addModel({ config, ...how });
  const store = new ModelStore(state);
  const resolve = (name: string) => resolveInstalled(name, { stateDir: state });
  return { models, state, store, add, resolve };
}

/** Code and words of what a promise is rejected with; `added` where it is not. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'added';
  } catch (error) {
    const { code, message } = error as AgentError;
    return `${code} ${message}`;
  }
}

/** Makes every file and folder of the store a day old. */
export function makeOld(store: ModelStore): void {
  const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000);
  for (const entry of readdirSync(store.folder, { recursive: true, withFileTypes: true })) {
    utimesSync(join(entry.parentPath, entry.name), yesterday, yesterday);
  }
}
