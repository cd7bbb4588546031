import { z } from 'zod';
import { filePath, fileRole, modelFacts, sha256 } from './catalog-schema.js';
import { maxFileBytes, ownModelName } from './manifest-schema.js';

const segment = '[A-Za-z0-9][A-Za-z0-9._-]*';

/** Below the folder of the manifest: nothing outside of it. */
const ownPath = z
  .string()
  .max(200)
  .regex(new RegExp(`^(${segment}/){0,4}${segment}$`), 'expected a path below the folder of the manifest');

function onceEach<File extends { role: string }>(files: readonly File[]): boolean {
  return new Set(files.map(({ role }) => role)).size === files.length;
}

const bytes = z.int().positive().max(maxFileBytes);

const ownFacts = modelFacts.extend({
  v: z.literal(1),
  title: modelFacts.shape.title.optional(),
  licence: modelFacts.shape.licence.optional(),
});

/** What somebody says of a model that he brings: a manifest.json beside its files. */
export const ownManifestSchema = ownFacts.extend({
  v: z.literal(1).default(1),
  /** What the model is called, where --name does not say it. */
  model: ownModelName.optional(),
  /** Where left out: the one model file of the folder, with what belongs to it. */
  files: z
    .array(
      z.strictObject({ role: fileRole, path: ownPath, bytes: bytes.optional(), sha256: sha256.optional() }),
    )
    .min(1)
    .max(fileRole.options.length)
    .refine(onceEach, 'expected every role once')
    .optional(),
});

/** The description of a model that was added on this machine, as it is kept. */
export const addedManifestSchema = ownFacts.extend({
  model: ownModelName,
  files: z
    .array(z.strictObject({ role: fileRole, path: filePath, bytes, sha256 }))
    .min(1)
    .max(fileRole.options.length)
    .refine(onceEach, 'expected every role once'),
  /** When it was added, ISO 8601. */
  at: z.string(),
});

export type OwnManifest = z.output<typeof ownManifestSchema>;
export type AddedManifest = z.output<typeof addedManifestSchema>;
