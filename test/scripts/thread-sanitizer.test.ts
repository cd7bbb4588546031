import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { threadSanitizerInNode } from '../../scripts/suites/sanitizers.js';
import { requireProgram } from '../support/require-program.js';

/** Two threads that count as soon as the library is loaded; `together` is what both do with the one counter. */
const counting = (together: string): string => `
#include <mutex>
#include <thread>
int counter; std::mutex mutex;
void count() { for (int i = 0; i < 1000; ++i) { ${together} } }
__attribute__((constructor)) void begin() { std::thread a(count), b(count); a.join(); b.join(); }
`;

t.test('a race of our own in an addon is seen from within node, and a lock is', async (t) => {
  if (!requireProgram(t, { program: 'g++', needs: 'g++' })) return;
  const races = '++counter;';
  const folder = t.testdir({
    'race.cc': counting(races),
    'lock.cc': counting(`std::lock_guard<std::mutex> lock(mutex); ${races}`),
  });
  for (const [name, status] of Object.entries({ race: 66, lock: 0 })) {
    const file = join(folder, `${name}.so`);
    const flags = ['-shared', '-fPIC', '-O1', '-fsanitize=thread', '-pthread'];
    t.equal(spawnSync('g++', [...flags, `${folder}/${name}.cc`, '-o', file]).status, 0);
    // It is no addon, and node says so after it was loaded.
    const script = `try { process.dlopen({ exports: {} }, ${JSON.stringify(file)}) } catch {}`;
    const env = { ...process.env, ...threadSanitizerInNode() };
    const ended = spawnSync(process.execPath, ['-e', script], { env, encoding: 'utf8' });
    t.equal(ended.status, status, `${name}: how node ends`);
    if (status !== 0) t.match(ended.stderr, /data race .* in count/);
  }
});
