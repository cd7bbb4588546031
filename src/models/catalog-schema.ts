import { z } from 'zod';
import { skeletonField } from './skeleton-field.js';

const segment = '[A-Za-z0-9][A-Za-z0-9._-]*';
export const modelName = z
  .string()
  .max(100)
  .regex(new RegExp(`^${segment}$`));

/** What a file is to its model. `xml` and `bin` are the two halves of an OpenVINO IR. */
export const fileRole = z.enum(['xml', 'bin', 'detector', 'landmarks']);

/** Below a mirror, and what the file is called in the store. */
export const filePath = z
  .string()
  .max(200)
  .regex(new RegExp(`^(${segment}/){1,4}${segment}$`));

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const file = z
  .strictObject({
    role: fileRole,
    path: filePath,
    bytes: z.int().positive(),
    sha256: sha256.optional(),
    sha384: z
      .string()
      .regex(/^[0-9a-f]{96}$/)
      .optional(),
    url: z.url({ protocol: /^https?$/ }).optional(),
    npm: z.strictObject({ package: z.string().min(1), file: modelName }).optional(),
  })
  .refine((one) => (one.sha256 === undefined) !== (one.sha384 === undefined), 'expected sha256 or sha384')
  .refine((one) => (one.url === undefined) !== (one.npm === undefined), 'expected url or npm');

/** One value for all colour channels, or one a channel in the input's order. */
function perChannel<Value extends z.ZodType<number>>(value: Value) {
  return z.union([value, z.tuple([value, value, value])]);
}

/** How a picture becomes a network's input: resized, in `color` order, (value - mean) / scale. */
const input = z.strictObject({
  /** The network's own input, px. */
  height: z.int().positive(),
  width: z.int().positive(),
  /** Height and width may be changed to other multiples of this; without it they are fixed. */
  stride: z.int().positive().optional(),
  color: z.enum(['bgr', 'rgb']),
  mean: perChannel(z.number()),
  scale: perChannel(z.number().positive()),
  resize: z.enum(['letterbox-top-left', 'letterbox-centre', 'rotated-crop']),
});

/** What is said of a model beside its files. */
export const modelFacts = z.strictObject({
  title: z.string().min(1).max(200),
  family: z.enum(['openpose', 'blazepose']),
  skeleton: skeletonField,
  licence: z.strictObject({ name: z.string().min(1).max(100), url: z.url() }),
  /** One for each network, under the role of the file that holds it. */
  inputs: z.partialRecord(fileRole, input),
  /** Names of the output tensors that the decoder takes, where the network has several. */
  outputs: z.strictObject({ heatmaps: z.string(), pafs: z.string() }).optional(),
});

const model = modelFacts
  .extend({
    id: modelName,
    default_variant: modelName,
    variants: z.record(modelName, z.strictObject({ files: z.array(file).min(1) })),
  })
  .refine(
    (one) => Object.hasOwn(one.variants, one.default_variant),
    'expected a default_variant among variants',
  )
  .refine(
    (one) =>
      Object.values(one.variants).every(
        ({ files }) => new Set(files.map((f) => f.role)).size === files.length,
      ),
    'expected every role once in a variant',
  );

/** models/catalog.json. */
export const catalogSchema = z
  .strictObject({
    version: z.literal(1),
    /** What `auto` takes, best first. */
    auto: z.array(modelName).min(1),
    models: z.array(model).min(1),
  })
  .refine(
    (one) => new Set(one.models.map(({ id }) => id)).size === one.models.length,
    'expected every id once',
  )
  .refine(
    (one) => one.auto.every((id) => one.models.some((m) => m.id === id)),
    'expected known models in auto',
  );

export type FileRole = z.output<typeof fileRole>;
export type CatalogFile = z.output<typeof file>;
export type NetworkInput = z.output<typeof input>;
export type ModelFamily = z.output<typeof model>['family'];
export type CatalogModel = z.output<typeof model>;
