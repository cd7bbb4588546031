import t from 'tap';
import { readMemory } from '../../src/jetson/read-memory.js';
import { makeJetsonTree, orinTree, xavierTree } from '../support/jetson-tree.js';

t.test('memory, and swap by where it is', async (t) => {
  t.strictSame(await readMemory(makeJetsonTree(t.testdir(), orinTree)), {
    total: 7_990_000 * 1024,
    available: 5_120_000 * 1024,
    zram: 1_320_000 * 1024,
    swap: 0,
  });
  t.match(await readMemory(makeJetsonTree(t.testdir(), xavierTree)), {
    zram: 2_097_152 * 1024,
    swap: 8_388_604 * 1024,
  });
});

t.test('files that say nothing', async (t) => {
  const none = makeJetsonTree(t.testdir(), orinTree, { 'proc/swaps': null });
  t.match(await readMemory(none), { zram: 0, swap: 0 });
  for (const text of ['', 'MemTotal: many kB\n', 'MemTotal:        7990000 kB\n']) {
    t.equal(await readMemory(makeJetsonTree(t.testdir(), orinTree, { 'proc/meminfo': text })), null, text);
  }
  t.match(await readMemory(), { total: Number, available: Number }, 'this machine has memory');
});
