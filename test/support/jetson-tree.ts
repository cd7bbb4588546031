import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Files by their paths below a root. */
export type Tree = Readonly<Record<string, string>>;

/** An Orin Nano with JetPack 6.2: one power monitor, its computer vision unit off, and zram only. */
export const orinTree: Tree = {
  'etc/nv_tegra_release':
    '# R36 (release), REVISION: 4.3, GCID: 1, BOARD: generic, EABI: aarch64, DATE: Wed Jan  8 01:49:37 UTC 2025\n',
  'proc/device-tree/model': 'NVIDIA Jetson Orin Nano Developer Kit\0',
  'proc/meminfo': 'MemTotal:        7990000 kB\nMemFree:          400000 kB\nMemAvailable:    5120000 kB\n',
  'proc/swaps':
    'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n' +
    '/dev/zram0                              partition\t660000\t\t0\t\t5\n' +
    '/dev/zram1                              partition\t660000\t\t0\t\t5\n',
  'etc/nvpmodel.conf':
    '# < POWER_MODEL ID=id_num NAME=mode_name >\n' +
    '< PARAM TYPE=FILE NAME=CPU_ONLINE >\nCORE_0 /sys/devices/system/cpu/cpu0/online\n' +
    '< POWER_MODEL ID=0 NAME=15W >\nCPU_ONLINE CORE_0 1\n' +
    '< POWER_MODEL ID=1 NAME=25W >\nCPU_ONLINE CORE_0 1\n' +
    '< POWER_MODEL ID=2 NAME=MAXN_SUPER >\nCPU_ONLINE CORE_0 1\n' +
    '< PM_CONFIG DEFAULT=1 >\n',
  'var/lib/nvpmodel/status': 'pmode:0000',
  'sys/class/devfreq/17000000.gpu/device/load': '735\n',
  'sys/class/devfreq/15340000.vic/device/load': '999\n',
  ...monitor(3, [
    ['VDD_IN', 5000, 960],
    ['VDD_CPU_GPU_CV', 4992, 216],
    ['VDD_SOC', 4992, 304],
  ]),
  'sys/class/hwmon/hwmon3/in7_label': 'sum of shunt voltages\n',
  'sys/class/hwmon/hwmon3/in7_input': '7400\n',
  'sys/class/hwmon/hwmon3/curr7_input': '1480\n',
  'sys/class/hwmon/hwmon0/name': 'pwmfan\n',
  ...zones({
    'cpu-thermal': '51187',
    'gpu-thermal': '50218',
    'cv0-thermal': '-256000',
    'tj-thermal': '52000',
  }),
};

/** An AGX Xavier with JetPack 5.1.2: two monitors with one label in both, a channel that leads nowhere, swap on a disk. */
export const xavierTree: Tree = {
  'etc/nv_tegra_release':
    '# R35 (release), REVISION: 4.1, GCID: 2, BOARD: t186ref, EABI: aarch64, DATE: Tue Aug  1 19:57:35 UTC 2023\n',
  'proc/device-tree/model': 'Jetson-AGX\0',
  'proc/meminfo': 'MemTotal:       31910000 kB\nMemAvailable:   20480000 kB\n',
  'proc/swaps':
    'Filename\tType\tSize\tUsed\tPriority\n/dev/zram0 partition 2097152 0 5\n/mnt/swap\\040file file 8388604 0 -2\n',
  'etc/nvpmodel.conf':
    '< POWER_MODEL ID=0 NAME=MAXN >\n< POWER_MODEL ID=3 NAME=MODE_30W_ALL >\n' +
    '< POWER_MODEL ID=4 NAME=MODE_30W_6CORE >\n< PM_CONFIG DEFAULT=3 >\n',
  'var/lib/nvpmodel/status': 'pmode:0000 fmode:quiet\n',
  'sys/devices/platform/gpu.0/load': '0\n',
  ...monitor(3, [
    ['GPU', 19000, 80],
    ['CPU', 19000, 40],
    ['NC', 0, 0],
  ]),
  ...monitor(12, [['CPU', 5000, 1]]),
  ...zones({ 'CPU-therm': '40500', Tboard_tegra: '38000', 'PMIC-Die': '100000' }),
};

function monitor(number: number, channels: [string, number, number][]): Tree {
  const folder = `sys/class/hwmon/hwmon${number}`;
  const files = channels.flatMap(([label, millivolts, milliamperes], index): [string, string][] => [
    [`${folder}/in${index + 1}_label`, `${label}\n`],
    [`${folder}/in${index + 1}_input`, `${millivolts}\n`],
    [`${folder}/curr${index + 1}_input`, `${milliamperes}\n`],
  ]);
  return { [`${folder}/name`]: 'ina3221\n', ...Object.fromEntries(files) };
}

function zones(millidegrees: Readonly<Record<string, string>>): Tree {
  return Object.fromEntries(
    Object.entries(millidegrees).flatMap(([type, temp], index) => [
      [`sys/class/thermal/thermal_zone${index}/type`, `${type}\n`],
      [`sys/class/thermal/thermal_zone${index}/temp`, `${temp}\n`],
    ]),
  );
}

/** The root folder of a machine of our own making, with `changes` in it: other texts, or null for no such file. */
export function makeJetsonTree(
  root: string,
  tree: Tree,
  changes: Readonly<Record<string, string | null>> = {},
): string {
  for (const [path, text] of Object.entries({ ...tree, ...changes })) {
    if (text === null) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
