import { z } from 'zod';

const count = z.int().nonnegative();

/** How far one output of a network is from the same output of another one, over all inputs that both were given. */
const difference = z.strictObject({
  correlation: z.number(),
  /** Root mean square of the difference, of that of the reference. */
  relative: z.number(),
  max_abs: z.number(),
  mean_abs: z.number(),
  /** The reference's largest absolute value. */
  peak: z.number(),
});

/** What became of a model that was made ONNX. */
export const onnxReport = z.strictObject({
  bytes: count,
  opset: count,
  /** Nodes by operator, initializers by type, shapes by name. */
  operators: z.record(z.string(), count),
  initializers: z.record(z.string(), count),
  inputs: z.record(z.string(), z.array(count)),
  outputs: z.record(z.string(), z.array(count)),
  source_quantized: z.boolean(),
  /** Of any tensor inside, where the result is float16: a CPU computes it in float32 and would not overflow. */
  largest_activation: z.number().nullable(),
  compared_on: z.strictObject({ pictures: count, noise: count }),
  comparisons: z.array(
    z.strictObject({
      runtime: z.enum(['openvino', 'onnxruntime']),
      with: z.string(),
      least_correlation: z.number(),
      outputs: z.record(z.string(), difference),
    }),
  ),
});

/** What became of a model that was quantized. */
export const int8Report = z.strictObject({
  bytes: count,
  /** Of an ONNX. */
  opset: count.nullable(),
  pictures: count,
  /** Convolutions and matrix products; those that stay float by name. */
  layers: count,
  ignored: z.array(z.string()),
  quantizers: count,
  seven_bit_weights: z.boolean(),
  /** Beside the source without its quantizers, in OpenVINO. */
  outputs: z.record(z.string(), difference),
});

export type OnnxReport = z.output<typeof onnxReport>;
export type Int8Report = z.output<typeof int8Report>;
