import { resolve } from 'node:path';
import type { FileRole } from '../catalog-schema.js';
import type { ResolvedModel } from '../resolve.js';
import { type OnnxReport, onnxReport } from './convert-report.js';
import { prepareEnvironment } from './environment.js';
import { networkRequest } from './network-request.js';
import { writeOutputs } from './output-files.js';
import { type Picture, runConverter } from './run-converter.js';

/** What is common to every kind of conversion. */
export interface ConversionOptions {
  model: ResolvedModel;
  /** The network's file. */
  role: FileRole;
  /** px; the network's own where left out. */
  inputHeight?: number | undefined;
  force: boolean;
  /** Where the converter's Python packages are kept. */
  environments: string;
  pictures: AsyncIterable<Picture>;
  /** So many pictures at most. */
  samples: number;
  onStep?: ((text: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface OnnxOptions extends ConversionOptions {
  /** The .onnx to be. */
  output: string;
  /** Of weights and arithmetic; inputs and outputs are float32 with both. */
  precision: 'fp32' | 'fp16';
  /**
   * `tensorrt`: only what TensorRT 8.5's parser takes, and no quantizers. `onnxruntime` keeps those of a quantized source
   * in fp32.
   */
  target: 'onnxruntime' | 'tensorrt';
}

/**
 * A network as an ONNX file of opset 17 with fixed shapes and the source's names. The file is run in OpenVINO and in ONNX
 * Runtime on the pictures and on noise, and only kept where its outputs are the source's.
 * Throws AgentError MODEL_CONVERTER_ABSENT, MODEL_CONVERSION_FAILED, MODEL_UNREADABLE, MODEL_SHAPE_MISMATCH,
 * OUTPUT_UNWRITABLE.
 */
export async function convertToOnnx(options: OnnxOptions): Promise<OnnxReport & { path: string }> {
  const { model, role, inputHeight, output, force, precision, target, samples, pictures } = options;
  const { onStep, signal, environments: folder } = options;
  const network = networkRequest(model, role, inputHeight);
  const report = await writeOutputs({ paths: [output], force }, async ([file]) => {
    const environment = await prepareEnvironment({ folder, for: 'convert', onStep, signal });
    const request = { ...network, action: 'onnx', output: file, precision, target, samples };
    return onnxReport.parse(await runConverter({ environment, request, pictures, onStep, signal }));
  });
  return { path: resolve(output), ...report };
}
