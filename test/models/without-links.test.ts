import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { pull } from '../../src/models/pull.js';
import { SlotsFile } from '../../src/models/slots-file.js';
import { ModelStore } from '../../src/models/store.js';
import { startHttpFileServer, whole } from '../support/http-file-server.js';
import { requireStrace } from '../support/require-strace.js';
import { tinyCatalog, tinyFiles } from '../support/tiny-catalog.js';

/** A state folder with the blobs of the catalog's `net`. */
async function setUp(t: Test) {
  const stateDir = t.testdir();
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  server.on('/net.xml', whole(tinyFiles.xml));
  server.on('/net.bin', whole(tinyFiles.bin));
  const entry = tinyCatalog(server.url).find('net');
  const store = new ModelStore(stateDir);
  await pull(entry, { store, pace: { silenceMs: 10_000, retryMs: [] } });
  return { stateDir, store, entry };
}

/** Runs a program with `store` where every link fails with an error; returns what it prints. */
function runWithoutLinks(stateDir: string, error: string, program: string): string {
  const models = (file: string): string =>
    JSON.stringify(join(import.meta.dirname, '../../src/models', file));
  const script = `
    import { SlotsFile } from ${models('slots-file.ts')};
    import { ModelStore } from ${models('store.ts')};
    const store = new ModelStore(${JSON.stringify(stateDir)});
    const told = (error) => process.stdout.write(error.code + ' ' + error.message);
    ${program}
  `;
  const strace = ['-f', '-e', 'trace=link,linkat', `--inject=link,linkat:error=${error}`, '-o', '/dev/null'];
  const node = [process.execPath, '--import=tsx', '--input-type=module', '-e', script];
  return execFileSync('strace', [...strace, ...node], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

const update = "await new SlotsFile(store).update((state) => ({ ...state, previous: 'net/A' })).catch(told);";

t.test('a file system without links keeps the slots all the same', async (t) => {
  if (!requireStrace(t)) return;
  const { stateDir, store } = await setUp(t);
  for (const error of ['EPERM', 'EOPNOTSUPP', 'ENOSYS']) {
    t.equal(runWithoutLinks(stateDir, error, update), '', error);
  }
  t.match(await new SlotsFile(store).read(), { state: { previous: 'net/A' }, faults: [] });
  t.same(readdirSync(store.slotsFolder).sort(), ['1.json', '2.json', '3.json', 'copy.json']);
});

t.test('a link that fails otherwise is told, and the slots stay as they were', async (t) => {
  if (!requireStrace(t)) return;
  const { stateDir, store } = await setUp(t);
  t.match(runWithoutLinks(stateDir, 'EIO', update), /^OUTPUT_UNWRITABLE .* gives EIO/);
  t.same(readdirSync(store.slotsFolder), []);
  t.same(readdirSync(store.partialFolder), [], 'nothing half is left');
});

t.test('and gives models their files by copies', async (t) => {
  if (!requireStrace(t)) return;
  const { stateDir, store, entry } = await setUp(t);
  const { xml } = store.paths(entry);
  const expose = `await store.expose(JSON.parse(${JSON.stringify(JSON.stringify(entry))})).catch(told);`;
  execFileSync('rm', ['-r', join(store.folder, 'refs')]);
  t.equal(runWithoutLinks(stateDir, 'EPERM', expose), '');
  t.same(readFileSync(xml as string), tinyFiles.xml);
  execFileSync('rm', ['-r', join(store.folder, 'refs')]);
  t.match(runWithoutLinks(stateDir, 'ENOENT', expose), /^OUTPUT_UNWRITABLE .* gives ENOENT/);
});
