import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { ModelSlots } from '../../src/models/model-slots.js';
import { reached } from '../support/fault-figure.js';
import { digest } from '../support/tiny-catalog.js';
import { outcome, startUpdateTarget } from '../support/update-target.js';

const fault = 'hostile_sources';

t.test('paths that lead out of the store', async (t) => {
  const { folder, publisher, connections, install, changesOutside } = await startUpdateTarget(t);
  const [xml, bin] = publisher.manifest().files as object[];
  const paths = [
    '../outside/hall.bin',
    'hall/../../outside/hall.bin',
    `${folder}/outside/hall.bin`,
    'hall/./hall.bin',
    'hall//hall.bin',
    'hall/hall.bin\0',
    'hall\\..\\hall.bin',
    'hall/%2e%2e/hall.bin',
    'hall/.hall.bin',
    '~/hall/hall.bin',
    '/dev/shm/hall.bin',
  ];
  const models = ['../outside', 'hall/..', '/outside', '..', 'hall\0', '.hall', 'hall@2'];
  const drafts = [
    ...paths.map((path) => ({ files: [xml, { ...bin, path }] })),
    ...models.map((model) => ({ model })),
  ];
  for (const change of drafts) {
    const code = await outcome(install({ envelope: publisher.envelope({ change }) }));
    t.equal(code, 'MODEL_MANIFEST_INVALID', JSON.stringify(change).slice(-60));
  }
  t.same(connections.attempts, []);
  const changes = changesOutside();
  t.same(changes, []);
  const what = `changes outside by ${drafts.length} paths that lead there`;
  reached(t, { fault, what, value: changes.length, exactly: 0 });
});

t.test('links in the place of the store’s folders and files', async (t) => {
  const blob = digest(Buffer.alloc(0));
  const places: { at: string; to: string }[] = [
    { at: 'models', to: 'empty' },
    { at: 'models/partial', to: 'empty' },
    { at: 'models/slots', to: 'empty' },
    { at: 'models/blobs', to: 'empty' },
    { at: 'models/blobs/sha256', to: 'empty' },
    { at: 'models/refs', to: 'empty' },
    { at: 'models/refs/hall', to: 'empty' },
    { at: 'models/refs/hall/update-1', to: 'empty' },
    { at: 'models/partial/sha256-BIN.part', to: 'hall.bin' },
    { at: 'models/partial/sha256-BIN.999999.0.part', to: 'hall.bin' },
    { at: 'models/blobs/sha256/BIN', to: 'hall.bin' },
    { at: 'models/slots/1.json', to: 'hall.bin' },
    { at: 'models/slots/1.json', to: 'absent' },
    { at: `models/blobs/sha256/${blob}`, to: 'hall.bin' },
  ];
  const changes: string[] = [];
  for (const { at, to } of places) {
    const { folder, publisher, stateDir, install, changesOutside } = await startUpdateTarget(t);
    const path = join(stateDir, at.replace('BIN', digest(publisher.weights(1))));
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(folder, 'outside', to), path);
    const url = publisher.publish();
    const code = await outcome(install({ url }));
    changes.push(...changesOutside());
    if (code !== 'installed') t.equal(code, 'OUTPUT_UNWRITABLE', at);
    else t.match(await new ModelSlots({ stateDir }).read(), { updates: [{ name: 'hall@1' }] }, at);
  }
  t.same(changes, []);
  const what = `changes outside by ${places.length} links that lead there`;
  reached(t, { fault, what, value: changes.length, exactly: 0 });
});
