import { listFolder } from './list-folder.js';
import { readNumber } from './read-number.js';

/** Where nvgpu says its load: a name that holds for every module, before JetPack 6 and from then on. */
const fixedPaths = ['sys/devices/platform/gpu.0/load', 'sys/devices/gpu.0/load'];
const devfreq = 'sys/class/devfreq';
/** The GPU's device is called by its address and this, or by its chip. */
const gpuName = /\.(gpu|gp10b|gv11b|ga10b)$/;

/**
 * Load of a Jetson's GPU from 0 to 1, as the driver averages it over its last milliseconds. null where no driver says it:
 * on other machines, and on Thor, whose GPU has no such file.
 */
export async function readGpuLoad(root = '/'): Promise<number | null> {
  const scaled = (await listFolder(root, devfreq)).filter((name) => gpuName.test(name));
  for (const path of [...fixedPaths, ...scaled.map((name) => `${devfreq}/${name}/device/load`)]) {
    const thousandths = await readNumber(root, path);
    if (thousandths !== undefined && thousandths >= 0 && thousandths <= 1000) return thousandths / 1000;
  }
  return null;
}
