import { basename } from 'node:path';
import { below } from './below.js';
import { modelFacts } from './catalog-schema.js';
import { measureFile } from './measure-file.js';
import { readManifest } from './read-manifest.js';

export interface ManifestDraft {
  model: string;
  version: number;
  /** Family, skeleton, inputs and so on, as a catalog's model has them; its other fields are left out. */
  facts: Readonly<Record<string, unknown>>;
  /** On this machine; each is to be served under its own name below `urlBase`. */
  files: readonly { role: string; path: string }[];
  urlBase: string;
  expires: Date;
}

/**
 * The bytes of a manifest, to be signed. What a device would refuse is refused here.
 * Throws AgentError MODEL_UNREADABLE, MODEL_MANIFEST_INVALID, MODEL_SHAPE_MISMATCH.
 */
export async function makeManifest(draft: ManifestDraft): Promise<Buffer> {
  const { model, version, urlBase, expires } = draft;
  const facts = Object.keys(modelFacts.shape).map((name) => [name, draft.facts[name]]);
  const files = [];
  for (const { role, path } of draft.files) {
    const name = basename(path);
    const url = below(urlBase, name);
    files.push({ role, path: `${model}/${version}/${name}`, ...(await measureFile(path)), url });
  }
  const manifest = { v: 1, model, version, ...Object.fromEntries(facts), files, expires };
  const bytes = Buffer.from(JSON.stringify(manifest));
  readManifest(bytes);
  return bytes;
}
