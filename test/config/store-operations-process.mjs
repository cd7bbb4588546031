/**
 * Operations on a store of configurations in a process of its own, to be traced and killed:
 * `node store-operations-process.mjs STATE_DIR OPERATIONS`, where OPERATIONS is a JSON file, a list of [method, argument].
 * Says on one line each when the store is open and how each operation went. From dist/, which starts far faster
 * than the sources.
 */
import { readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigStore } from '../../dist/config/config-store.js';

const [stateDir, list] = process.argv.slice(2);
const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

const store = await ConfigStore.open(stateDir);
say({ notices: store.notices });
for (const [method, argument] of JSON.parse(readFileSync(list, 'utf8'))) {
  try {
    await store[method](argument);
    say({ done: method });
  } catch ({ code, message }) {
    say({ code, message, files: readdirSync(join(stateDir, 'config')).sort(), state: store.state });
  }
}
