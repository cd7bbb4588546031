import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { NamedTensor } from '../../src/index.js';
import { readNpy } from './npy.js';
import { requireSharedData } from './shared-data.js';

/** One case of a folder of golden data. */
export interface GoldenCase<Golden> {
  name: string;
  golden: Golden;
  /** The tensor in `NAME.KIND.npy`, under the role that its kind is called by, unless another is given. */
  tensor: (kind: string, role?: string) => NamedTensor;
}

/** Every case of a decoder's golden data; undefined, and the test skipped, where it is absent. */
export function goldenCases<Golden>(t: Test, decoder: string): GoldenCase<Golden>[] | undefined {
  const shared = requireSharedData(t);
  if (shared === undefined) return undefined;
  const folder = join(shared, 'golden', decoder);
  const names = readdirSync(folder).filter((file) => /^\d+\.json$/.test(file));
  return names.map((file) => {
    const name = file.slice(0, -'.json'.length);
    return {
      name: `${decoder} ${name}`,
      golden: JSON.parse(readFileSync(join(folder, file), 'utf8')) as Golden,
      tensor: (kind, role = kind) => ({ name: role, ...readNpy(join(folder, `${name}.${kind}.npy`)) }),
    };
  });
}
