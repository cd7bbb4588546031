import { payloadJsonSchemas } from '../src/mqtt/payloads.js';

/** A file of docs/ that is made from the source. */
export interface GeneratedDocument {
  /** Relative to the repository's root. */
  readonly path: string;
  readonly content: string;
}

/** Every generated document, as the source says it now. */
export function generatedDocuments(): GeneratedDocument[] {
  return [...payloadSchemas()];
}

function payloadSchemas(): GeneratedDocument[] {
  return Object.entries(payloadJsonSchemas()).map(([name, schema]) => ({
    path: `docs/schemas/${name}.json`,
    content: `${JSON.stringify(schema, null, 2)}\n`,
  }));
}
