import t from 'tap';
import { readPowerModes } from '../../src/jetson/read-power-modes.js';
import { makeJetsonTree, orinTree, xavierTree } from '../support/jetson-tree.js';

const status = 'var/lib/nvpmodel/status';
const config = 'etc/nvpmodel.conf';

t.test('the mode that is set, and the fastest, which is told by its name', async (t) => {
  t.strictSame(await readPowerModes(makeJetsonTree(t.testdir(), orinTree)), {
    current: { id: 0, name: '15W' },
    all: [
      { id: 0, name: '15W' },
      { id: 1, name: '25W' },
      { id: 2, name: 'MAXN_SUPER' },
    ],
    fastest: { id: 2, name: 'MAXN_SUPER' },
  });
  t.match(await readPowerModes(makeJetsonTree(t.testdir(), xavierTree)), {
    current: { id: 0, name: 'MAXN' },
    fastest: { id: 0, name: 'MAXN' },
  });
  const fastestOf = async (...names: string[]): Promise<string | undefined> => {
    const text = names.map((name, id) => `< POWER_MODEL ID=${id} NAME=${name} >\n`).join('');
    const root = makeJetsonTree(t.testdir(), { [config]: text, [status]: 'pmode:0001' });
    return (await readPowerModes(root))?.fastest.name;
  };
  t.equal(await fastestOf('MODE_15W_2CORE', 'MODE_10W_6CORE', 'MODE_15W_6CORE'), 'MODE_15W_6CORE');
  t.equal(await fastestOf('10W', '15W', '40W', '25W'), '40W');
  t.equal(await fastestOf('MODE_30W_2CORE', 'MODE_30W_ALL'), 'MODE_30W_ALL');
});

t.test('before nvpmodel has run, the default', async (t) => {
  for (const text of [null, '', 'pmode:', 'something\n']) {
    const modes = await readPowerModes(makeJetsonTree(t.testdir(), orinTree, { [status]: text }));
    t.strictSame(modes?.current, { id: 1, name: '25W' }, String(text));
  }
});

t.test('files that say nothing', async (t) => {
  t.equal(await readPowerModes(t.testdir()), null);
  t.equal(await readPowerModes(makeJetsonTree(t.testdir(), orinTree, { [config]: 'nothing\n' })), null);
  t.equal(await readPowerModes(makeJetsonTree(t.testdir(), orinTree, { [status]: 'pmode:0009' })), null);
});
