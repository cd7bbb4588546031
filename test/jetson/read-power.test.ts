import t from 'tap';
import { readPower } from '../../src/jetson/read-power.js';
import { makeJetsonTree, orinTree, xavierTree } from '../support/jetson-tree.js';

t.test('watts of every rail, without what is none', async (t) => {
  t.strictSame(await readPower(makeJetsonTree(t.testdir(), orinTree)), {
    VDD_IN: 4.8,
    VDD_CPU_GPU_CV: 1.078,
    VDD_SOC: 1.518,
  });
  t.strictSame(await readPower(makeJetsonTree(t.testdir(), xavierTree)), {
    GPU: 1.52,
    CPU: 0.76,
    'CPU-hwmon12.1': 0.005,
  });
});

t.test('a rail that cannot be read is left out', async (t) => {
  const hwmon = 'sys/class/hwmon/hwmon3';
  for (const changes of [
    { [`${hwmon}/in1_input`]: '' },
    { [`${hwmon}/in1_input`]: 'off\n' },
    { [`${hwmon}/curr1_input`]: null },
    { [`${hwmon}/in1_label`]: '\n' },
  ]) {
    const power = await readPower(makeJetsonTree(t.testdir(), orinTree, changes));
    t.strictSame(Object.keys(power), ['VDD_CPU_GPU_CV', 'VDD_SOC'], JSON.stringify(changes));
  }
  t.strictSame(
    await readPower(makeJetsonTree(t.testdir(), orinTree, { [`${hwmon}/name`]: 'nct6775\n' })),
    {},
  );
  t.strictSame(await readPower(t.testdir()), {});
});
