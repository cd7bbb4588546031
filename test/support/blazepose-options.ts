import { join } from 'node:path';
import type { NativeBlazePoseOptions } from '../../src/engine/binding.js';
import { resolveInstalled } from '../../src/models/resolve.js';

/** How to open the small BlazePose, whose files lie in `stateDir` afterwards. */
export async function blazeposeOptions(stateDir: string): Promise<NativeBlazePoseOptions> {
  const { files } = await resolveInstalled('blazepose-lite', { stateDir });
  return {
    family: 'blazepose',
    model: files.landmarks as string,
    detector: files.detector as string,
    device: 'CPU',
    precision: '',
    mode: 'throughput',
    threads: 0,
    requests: 0,
    cacheDir: join(stateDir, 'cache'),
    maxPeople: 4,
    smooth: true,
    staticImage: false,
  };
}
