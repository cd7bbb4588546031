/** Pulls the tiny model from the server at argv[2] into the state folder argv[3], to be killed on the way. */
import { pull } from '../../src/models/pull.js';
import { ModelStore } from '../../src/models/store.js';
import { tinyCatalog } from './tiny-catalog.js';

const [, , url = '', stateDir = ''] = process.argv;
await pull(tinyCatalog(url).find('net'), { store: new ModelStore(stateDir) });
