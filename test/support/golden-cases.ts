import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NamedTensor } from '../../src/index.js';
import { readNpy } from './npy.js';
import { sharedData } from './shared-data.js';

/** One case of a folder of golden data. */
export interface GoldenCase<Golden> {
  name: string;
  golden: Golden;
  /** The tensor in `NAME.KIND.npy`, under the role that its kind is called by, unless another is given. */
  tensor: (kind: string, role?: string) => NamedTensor;
}

/** Every case of a decoder's golden data, for tests with `{ skip: withoutSharedData }`. */
export function goldenCases<Golden = unknown>(decoder: string): GoldenCase<Golden>[] {
  const folder = join(sharedData(), 'golden', decoder);
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

/** One of them. */
export function goldenCase<Golden = unknown>(decoder: string, index = 0): GoldenCase<Golden> {
  const found = goldenCases<Golden>(decoder)[index];
  if (found === undefined) throw new Error(`there is no case ${index} of ${decoder}`);
  return found;
}
