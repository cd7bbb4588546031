import t from 'tap';
import { readGpuLoad } from '../../src/jetson/read-gpu-load.js';
import { makeJetsonTree, orinTree, xavierTree } from '../support/jetson-tree.js';

t.test('the load is that of the GPU, from 0 to 1', async (t) => {
  t.equal(await readGpuLoad(makeJetsonTree(t.testdir(), orinTree)), 0.735);
  t.equal(await readGpuLoad(makeJetsonTree(t.testdir(), xavierTree)), 0);
  const nano = makeJetsonTree(t.testdir(), { 'sys/devices/gpu.0/load': '1000\n' });
  t.equal(await readGpuLoad(nano), 1);
  const chip = makeJetsonTree(t.testdir(), { 'sys/class/devfreq/17000000.gv11b/device/load': '5' });
  t.equal(await readGpuLoad(chip), 0.005);
});

t.test('what is no load is passed over', async (t) => {
  const fixed = 'sys/devices/platform/gpu.0/load';
  for (const text of ['', '\n', 'busy\n', '-1\n', '1001\n', '12.5\n', '0x10\n', '1 2\n']) {
    t.equal(await readGpuLoad(makeJetsonTree(t.testdir(), orinTree, { [fixed]: text })), 0.735, text);
    t.equal(await readGpuLoad(makeJetsonTree(t.testdir(), { [fixed]: text })), null, text);
  }
  t.equal(await readGpuLoad(t.testdir()), null);
  const thor = makeJetsonTree(t.testdir(), { 'sys/class/devfreq/gpu-gpc-0/cur_freq': '1575000000\n' });
  t.equal(await readGpuLoad(thor), null);
});
