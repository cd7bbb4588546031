import { jetpackOf, l4tRelease } from './jetpack-release.js';
import { readText } from './read-text.js';

export interface JetsonMachine {
  /** As the device tree calls it, for example "NVIDIA Jetson AGX Orin Developer Kit"; null where it does not say. */
  readonly model: string | null;
  /** Release of Jetson Linux, for example 36.4.3; null where it cannot be read. */
  readonly l4t: string | null;
  /** null where it is not known for this L4T. */
  readonly jetpack: string | null;
}

/** Which Jetson the machine below `root` is; null where it is none. */
export async function readMachine(root = '/'): Promise<JetsonMachine | null> {
  const release = await readText(root, 'etc/nv_tegra_release');
  const model = (await readText(root, 'proc/device-tree/model')) ?? null;
  if (release === undefined && !/\bjetson\b/i.test(model ?? '')) return null;
  const l4t = release === undefined ? null : l4tRelease(release);
  return { model, l4t, jetpack: l4t === null ? null : jetpackOf(l4t) };
}
