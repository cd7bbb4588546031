import { z } from 'zod';
import { type DecoderFamily, decodeOptions } from './decode-options.js';
import { skeletonField } from './skeleton-field.js';

const segment = '[A-Za-z0-9][A-Za-z0-9._-]*';
export const modelName = z
  .string()
  .max(100)
  .regex(new RegExp(`^${segment}$`));

/** What a file is to its model. `xml` is the main network, an ONNX file too; `bin` the other half of an OpenVINO IR.
 *  `detector` finds people where the family has a network for that, `detector_bin` is its other half. `landmarks` is
 *  BlazePose's main network. */
export const fileRole = z.enum(['xml', 'bin', 'detector', 'detector_bin', 'landmarks']);

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
  /** A whole picture: letterboxed or stretched. `crop`: a person's box, widened to the input's proportions.
   *  `rotated-crop`: BlazePose's square. */
  resize: z.enum(['letterbox-top-left', 'letterbox-centre', 'stretch', 'crop', 'rotated-crop']),
  /** Level of the input around a letterboxed picture; 0 where left out. */
  pad: z.int().min(0).max(255).optional(),
  /** Crops an inference; 1 is best on a CPU, whose requests run side by side. */
  batch: z.int().min(1).max(64).optional(),
  /** The input's own, to be compared with the file's. */
  name: z.string().min(1).max(200).optional(),
  layout: z.enum(['NCHW', 'NHWC']).optional(),
});

const outputName = z.string().min(1).max(200);

/** The network that finds people for a top-down family. */
const detector = z.strictObject({
  /** `ssd`: DetectionOutput, or mmdet's boxes and labels. `yolo`: YOLOv5, v8 or YOLOX. `blazepose`: MediaPipe's. */
  kind: z.enum(['ssd', 'yolo', 'blazepose']),
  score_threshold: z.number().gt(0).max(1).default(0.5),
  /** Of two boxes that overlap more than this the weaker one goes. */
  iou_threshold: z.number().min(0).max(1).default(0.45),
  /** YOLO: `classes` alone (v8 and later) or `objectness` before them (v5, v7, YOLOX); left out to tell it by the shape. */
  yolo_scores: z.enum(['classes', 'objectness']).optional(),
  /** Label or class of people; left out for what the kind usually has. */
  person_label: z.int().min(0).max(10_000).optional(),
  outputs: z.strictObject({ boxes: outputName.optional(), labels: outputName.optional() }).default({}),
});

/** What is said of a model beside its files. */
export const modelFacts = z.strictObject({
  title: z.string().min(1).max(200),
  family: z.enum([...(Object.keys(decodeOptions) as [DecoderFamily, ...DecoderFamily[]]), 'blazepose']),
  skeleton: skeletonField,
  licence: z.strictObject({ name: z.string().min(1).max(100), url: z.url() }),
  /** One for each network, under the role of the file that holds it. */
  inputs: z.partialRecord(fileRole, input),
  /** Names of the output tensors by their role; a role that is left out is found by its own name or by its shape. */
  outputs: z.record(z.string().max(40), outputName).optional(),
  /** The decoder's options, in snake_case; src/models/decode-options.ts has them. */
  decode: z.record(z.string().max(40), z.unknown()).optional(),
  detector: detector.optional(),
  /** Top-down: how much larger than its person a crop is. */
  box_scale: z.number().min(1).max(3).optional(),
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
export type DetectorFacts = z.output<typeof detector>;
/** How a model is run: what is said of it beside its files, title and licence. */
export type ModelFacts = Omit<z.output<typeof modelFacts>, 'title' | 'licence'>;
