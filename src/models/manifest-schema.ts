import { z } from 'zod';
import { filePath, fileRole, modelFacts, modelName, sha256 } from './catalog-schema.js';

/** More than any pose network has, and less than the disk of a small box. */
export const maxFileBytes = 2 * 1024 ** 3;

/** True for an http(s) address in its one normal spelling: no credentials, no fragment, no host in disguise. */
export function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, href, username, password, hash } = new URL(text);
  return /^https?:$/.test(protocol) && href === text && username + password + hash === '';
}

/** A name that can stand in `model.id` without being taken for `auto` or the path of a file. */
function isUsableName(text: string): boolean {
  return text !== 'auto' && !/\.(xml|onnx|tflite)$/i.test(text);
}

/** What a model may be called that somebody brings. */
export const ownModelName = modelName.refine(
  isUsableName,
  'expected a name that is neither auto nor ends like a model file',
);

const manifestFile = z.strictObject({
  role: fileRole,
  path: filePath,
  bytes: z.int().positive().max(maxFileBytes),
  sha256,
  url: z.string().max(2048).refine(isPlainUrl, 'expected a plain http(s) address without credentials'),
});

/** The signed description of one version of a model. */
export const manifestSchema = modelFacts.extend({
  v: z.literal(1),
  model: ownModelName,
  /** Only ever grows for a model. */
  version: z.int().positive(),
  title: modelFacts.shape.title.optional(),
  licence: modelFacts.shape.licence.optional(),
  files: z
    .array(manifestFile)
    .min(1)
    .max(fileRole.options.length)
    .refine(
      (files) => new Set(files.map(({ role }) => role)).size === files.length,
      'expected every role once',
    ),
  /** From then on the manifest is not accepted any more; an accepted update stays. ISO 8601. */
  expires: z.iso.datetime({ offset: true }),
});

export type Manifest = z.output<typeof manifestSchema>;
