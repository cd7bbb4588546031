import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { catalogPath, checksumPath } from '../../src/models/catalog.js';
import { payloadJsonSchemas } from '../../src/mqtt/payloads.js';
import { asyncapiYaml } from './asyncapi.js';
import { configFragments } from './config-fragments.js';
import { errorFragments } from './error-fragments.js';
import { fillFragments } from './fragments.js';
import { mqttFragments } from './mqtt-fragments.js';

/** A file of docs/, or another of the package, that is made from the source, whole or in part. */
export interface GeneratedDocument {
  /** Relative to the repository's root. */
  readonly path: string;
  readonly content: string;
}

const root = resolve(import.meta.dirname, '../..');

/** Every generated document, as the source says it now. */
export function generatedDocuments(): GeneratedDocument[] {
  return [
    filled('docs/configuration.md', configFragments),
    filled('docs/errors.md', errorFragments),
    filled('docs/mqtt.md', mqttFragments),
    { path: 'docs/asyncapi.yaml', content: asyncapiYaml() },
    ...payloadSchemas(),
    catalogChecksum(),
  ];
}

function filled(path: string, makers: Parameters<typeof fillFragments>[1]): GeneratedDocument {
  return { path, content: fillFragments(readFileSync(resolve(root, path), 'utf8'), makers) };
}

function catalogChecksum(): GeneratedDocument {
  const digest = createHash('sha256').update(readFileSync(catalogPath)).digest('hex');
  return { path: relative(root, checksumPath(catalogPath)), content: `${digest}\n` };
}

function payloadSchemas(): GeneratedDocument[] {
  return Object.entries(payloadJsonSchemas()).map(([name, schema]) => ({
    path: `docs/schemas/${name}.json`,
    content: `${JSON.stringify(schema, null, 2)}\n`,
  }));
}
