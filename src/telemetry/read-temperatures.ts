import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A Tegra's zone whose unit is powered off cannot be read, or says that it is at -256 degrees Celsius. */
const poweredOff = -256;

/**
 * Degrees Celsius of every thermal zone of the kernel by its type; a second zone of one type gets its number
 * as a suffix. Empty where the machine has none; a zone of a unit that is powered off is left out.
 */
export async function readTemperatures(folder = '/sys/class/thermal'): Promise<Record<string, number>> {
  const entries = await readdir(folder).catch((): string[] => []);
  const zones = entries.filter((entry) => /^thermal_zone\d+$/.test(entry)).sort();
  const temperatures: Record<string, number> = {};
  for (const zone of zones) {
    const read = (file: string): Promise<string> => readFile(join(folder, zone, file), 'utf8');
    try {
      const type = (await read('type')).trim();
      const degrees = Number.parseInt(await read('temp'), 10) / 1000;
      if (!Number.isFinite(degrees) || degrees <= poweredOff) continue;
      temperatures[type in temperatures ? `${type}-${zone.slice('thermal_zone'.length)}` : type] = degrees;
    } catch {}
  }
  return temperatures;
}
