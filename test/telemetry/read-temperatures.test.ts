import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readTemperatures } from '../../src/telemetry/read-temperatures.js';

t.test('thermal zones', async (t) => {
  const folder = t.testdir({
    thermal_zone0: { type: 'x86_pkg_temp\n', temp: '45000\n' },
    thermal_zone1: { type: 'acpitz\n', temp: '-5500\n' },
    thermal_zone2: { type: 'acpitz\n', temp: '28000\n' },
    thermal_zone3: { type: 'gpu\n', temp: 'off\n' },
    thermal_zone5: { type: 'cv0-thermal\n', temp: '-256000\n' },
    cooling_device0: { type: 'Fan\n' },
  });
  mkdirSync(join(folder, 'thermal_zone4'));
  writeFileSync(join(folder, 'thermal_zone4', 'type'), 'asleep\n');
  t.strictSame(await readTemperatures(folder), { x86_pkg_temp: 45, acpitz: -5.5, 'acpitz-2': 28 });
  t.strictSame(await readTemperatures(join(folder, 'absent')), {});
});
