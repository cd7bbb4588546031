import t from 'tap';
import { jetpackOf, l4tRelease } from '../../src/jetson/jetpack-release.js';
import { readMachine } from '../../src/jetson/read-machine.js';
import { makeJetsonTree, orinTree, xavierTree } from '../support/jetson-tree.js';

t.test('a Jetson is known by its release or its device tree', async (t) => {
  t.strictSame(await readMachine(makeJetsonTree(t.testdir(), orinTree)), {
    model: 'NVIDIA Jetson Orin Nano Developer Kit',
    l4t: '36.4.3',
    jetpack: '6.2',
  });
  t.strictSame(await readMachine(makeJetsonTree(t.testdir(), xavierTree)), {
    model: 'Jetson-AGX',
    l4t: '35.4.1',
    jetpack: '5.1.2',
  });
  const unnamed = makeJetsonTree(t.testdir(), orinTree, { 'etc/nv_tegra_release': null });
  t.match(await readMachine(unnamed), { l4t: null, jetpack: null });
  const malformed = makeJetsonTree(t.testdir(), orinTree, {
    'etc/nv_tegra_release': 'Tegra\n',
    'proc/device-tree/model': null,
  });
  t.strictSame(await readMachine(malformed), { model: null, l4t: null, jetpack: null });
});

t.test('other machines are none', async (t) => {
  t.equal(await readMachine(t.testdir()), null);
  const raspberry = makeJetsonTree(t.testdir(), { 'proc/device-tree/model': 'Raspberry Pi 5 Model B\0' });
  t.equal(await readMachine(raspberry), null);
  const empty = makeJetsonTree(t.testdir(), { 'etc/nv_tegra_release': '\n' });
  t.equal(await readMachine(empty), null);
});

t.test('releases: those that are known, and no guess between them', (t) => {
  t.equal(l4tRelease('# R38 (release), REVISION: 2.1, GCID: 3'), '38.2.1');
  for (const text of ['', 'R36', '# R36 (release)', '# R36 (release), REVISION: next']) {
    t.equal(l4tRelease(text), null, text);
  }
  t.equal(jetpackOf('36.4'), '6.1');
  t.equal(jetpackOf('36.4.0'), '6.1');
  t.equal(jetpackOf('36.4.7'), null);
  t.equal(jetpackOf('99.1'), null);
  t.end();
});
