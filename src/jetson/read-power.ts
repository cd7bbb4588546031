import { listFolder } from './list-folder.js';
import { readNumber } from './read-number.js';
import { readText } from './read-text.js';

const hwmon = 'sys/class/hwmon';

/**
 * Watts of every rail that a Jetson's INA3221 monitors measure, by its label (VDD_IN is the whole module where there is
 * one); a second rail of one label gets its monitor and channel as a suffix. Empty where there is no such monitor.
 */
export async function readPower(root = '/'): Promise<Record<string, number>> {
  const power: Record<string, number> = {};
  for (const monitor of await listFolder(root, hwmon)) {
    const folder = `${hwmon}/${monitor}`;
    if ((await readText(root, `${folder}/name`)) !== 'ina3221') continue;
    for (const file of await listFolder(root, folder)) {
      const channel = /^in(\d+)_label$/.exec(file)?.[1];
      if (channel === undefined) continue;
      const rail = await readRail(root, folder, channel);
      if (rail === undefined) continue;
      power[rail.label in power ? `${rail.label}-${monitor}.${channel}` : rail.label] = rail.watts;
    }
  }
  return power;
}

/** Channels that are no rail: one that is not connected, and the sum of the others' shunt voltages. */
const noRail = /^nc$|shunt/i;

async function readRail(
  root: string,
  folder: string,
  channel: string,
): Promise<{ label: string; watts: number } | undefined> {
  const label = await readText(root, `${folder}/in${channel}_label`);
  if (label === undefined || noRail.test(label)) return undefined;
  const millivolts = await readNumber(root, `${folder}/in${channel}_input`);
  const milliamperes = await readNumber(root, `${folder}/curr${channel}_input`);
  if (millivolts === undefined || milliamperes === undefined) return undefined;
  return { label, watts: Math.round((millivolts * milliamperes) / 1000) / 1000 };
}
