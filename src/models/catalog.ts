import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { didYouMean } from '../did-you-mean.js';
import { AgentError } from '../errors.js';
import { readBoundedSync, unreadableReason } from '../read-bounded.js';
import {
  type CatalogFile,
  type CatalogModel,
  catalogSchema,
  type FileRole,
  type ModelFacts,
} from './catalog-schema.js';

/** A model as the store holds it: one variant of the catalog's, or one version of an update. */
export interface ModelEntry {
  readonly name: string;
  readonly model: ModelFacts & { id: string };
  readonly variant: string;
  readonly files: readonly CatalogFile[];
}

/** One variant of one model. Its name is the model's id, with `/variant` where that is not the default one. */
export interface CatalogEntry extends ModelEntry {
  readonly model: CatalogModel;
}

/** Every model that the agent knows by name. */
export class Catalog {
  readonly entries: readonly CatalogEntry[];
  /** What `auto` takes, best first. */
  readonly auto: readonly CatalogEntry[];

  /** Throws ZodError where `data` is no catalog. */
  constructor(data: unknown) {
    const { models, auto } = catalogSchema.parse(data);
    this.entries = models.flatMap((model) => {
      const variants = Object.entries(model.variants).map(([variant, { files }]) => {
        const name = variant === model.default_variant ? model.id : `${model.id}/${variant}`;
        return { name, model, variant, files };
      });
      return variants.sort((a, b) => Number(b.name === model.id) - Number(a.name === model.id));
    });
    this.auto = auto.map((id) => this.find(id));
  }

  /** True where `name` begins like one of ours, rightly spelled or not in its variant. */
  knows(name: string): boolean {
    const id = name.split('/', 1)[0];
    return this.entries.some(({ model }) => model.id === id);
  }

  /**
   * `id` or `id/variant`; the default variant may be named too. `others` are names that might have been meant as well.
   * Throws AgentError MODEL_UNKNOWN.
   */
  find(name: string, others: readonly string[] = []): CatalogEntry {
    const found = this.entries.find((one) => one.name === name || `${one.model.id}/${one.variant}` === name);
    if (found !== undefined) return found;
    const names = [...this.entries.map((entry) => entry.name), ...others];
    const near = didYouMean(name, names);
    const hint = near === undefined ? `known are ${names.join(', ')}` : `did you mean ${near}?`;
    throw new AgentError(
      'MODEL_UNKNOWN',
      `No model is called ${JSON.stringify(name.slice(0, 100))}: ${hint}`,
    );
  }
}

/** It lies at the package's top, two folders above this one in src/ and dist/ alike. */
export const catalogPath = fileURLToPath(new URL('../../models/catalog.json', import.meta.url));

/** Beside a file of the package: the SHA-256 of its bytes, in hexadecimal. */
export function checksumPath(path: string): string {
  return `${path}.sha256`;
}

const maxCatalogBytes = 4 * 1024 * 1024;

/**
 * The catalog that belongs to this version of the agent. It says how each model's pictures are made and its outputs
 * read, so one with a damaged number would give wrong poses. Throws AgentError PACKAGE_DAMAGED.
 */
export function loadCatalog(): Catalog {
  const bytes = readOfPackage(catalogPath, maxCatalogBytes);
  const expected = readOfPackage(checksumPath(catalogPath), 1024).toString('latin1').trim();
  if (createHash('sha256').update(bytes).digest('hex') !== expected) {
    throw new AgentError('PACKAGE_DAMAGED', `${catalogPath} does not have its checksum`);
  }
  return new Catalog(JSON.parse(bytes.toString('utf8')));
}

function readOfPackage(path: string, maxBytes: number): Buffer {
  try {
    return readBoundedSync(path, maxBytes);
  } catch (cause) {
    throw new AgentError('PACKAGE_DAMAGED', `${path} ${unreadableReason(cause)}`, { cause });
  }
}

/** The checksum that the catalog holds of a file. */
export function checksumOf(file: CatalogFile): { algorithm: 'sha256' | 'sha384'; hex: string } {
  if (file.sha256 !== undefined) return { algorithm: 'sha256', hex: file.sha256 };
  return { algorithm: 'sha384', hex: file.sha384 ?? '' };
}

/** Role of the file that holds a family's main network. */
export function mainRole(files: Partial<Record<FileRole, unknown>>): FileRole {
  return files.xml === undefined ? 'landmarks' : 'xml';
}

/** Roles of the files that a network is opened by; the others are halves of them. */
export const networkRoles: readonly FileRole[] = ['xml', 'landmarks', 'detector'];

export function totalBytes(files: readonly CatalogFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
