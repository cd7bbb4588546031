import { AgentError } from '../errors.js';
import { familyFaults } from './family-faults.js';
import { type Manifest, manifestSchema } from './manifest-schema.js';
import { listFaults, parseDocument } from './parse-document.js';

/**
 * The manifest in a signed document. Throws AgentError MODEL_MANIFEST_INVALID where it is none,
 * MODEL_SHAPE_MISMATCH where its files, inputs or outputs are not those of its family.
 */
export function readManifest(bytes: Uint8Array): Manifest {
  const manifest = parseDocument(bytes, manifestSchema, 'The manifest');
  const faults = familyFaults(manifest);
  if (faults.length === 0) return manifest;
  const { model, version, family } = manifest;
  const message = `${model}@${version} is no ${family} model: ${listFaults(faults)}`;
  throw new AgentError('MODEL_SHAPE_MISMATCH', message);
}
