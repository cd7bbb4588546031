import { AgentError } from '../errors.js';
import type { Catalog } from './catalog.js';
import type { CatalogFile, NetworkInput } from './catalog-schema.js';
import { checkFile } from './check-file.js';
import { type FindPackage, packageSource } from './model-source.js';

/** BlazePose's own person detector, which an installed npm package brings. */
export interface BundledDetector {
  readonly path: string;
  /** As the catalog describes it. */
  readonly file: CatalogFile;
  readonly input: NetworkInput;
}

/** Throws AgentError MODEL_NOT_INSTALLED, MODEL_CHECKSUM_MISMATCH. */
export async function findBundledDetector(
  catalog: Catalog,
  findPackage: FindPackage,
): Promise<BundledDetector> {
  for (const { model, files } of catalog.entries) {
    const file = files.find(({ role }) => role === 'detector');
    const input = model.inputs.detector;
    if (model.family !== 'blazepose' || file?.npm === undefined || input === undefined) continue;
    const source = packageSource(file.npm, findPackage);
    if (source.kind !== 'file') break;
    const fault = await checkFile(source.path, file);
    if (fault === undefined) return { path: source.path, file, input };
    throw new AgentError('MODEL_CHECKSUM_MISMATCH', `${source.path} is damaged: ${fault}`);
  }
  throw new AgentError(
    'MODEL_NOT_INSTALLED',
    "BlazePose's person detector is not on this machine (run npm ci): name another one with --detector",
  );
}
