import { resolve } from 'node:path';
import { AgentError } from '../../errors.js';
import { type Int8Report, int8Report } from './convert-report.js';
import type { ConversionOptions } from './convert-to-onnx.js';
import { prepareEnvironment } from './environment.js';
import { networkRequest } from './network-request.js';
import { writeOutputs } from './output-files.js';
import { runConverter } from './run-converter.js';

export interface QuantizeOptions extends ConversionOptions {
  /**
   * `ir`: OpenVINO's, from a float network. `onnx`: Q/DQ as TensorRT 8.5 and later take it, symmetric with one scale an
   * activation, from a float network or from what a quantized one was made of.
   */
  format: 'ir' | 'onnx';
  /** The .xml to be, with its .bin beside it, or the .onnx. */
  output: string;
  /**
   * Regular expressions over whole layer names that stay float; empty: the last layer before each output, and in an ONNX
   * those that read several tensors joined into one.
   */
  ignore: readonly string[];
  /** How far the people that the candidate's main file finds are those of the source, in [0, 1]. */
  agreement: (candidate: string) => Promise<number>;
  minAgreement: number;
}

/**
 * A network in INT8, calibrated with the pictures, which should be of the place where it will run. It is only kept where
 * its people agree with the source's.
 * Throws AgentError MODEL_CONVERTER_ABSENT, MODEL_CONVERSION_FAILED, MODEL_UNREADABLE, MODEL_SHAPE_MISMATCH,
 * OUTPUT_UNWRITABLE, and what `pictures` and `agreement` throw.
 */
export async function quantize(
  options: QuantizeOptions,
): Promise<Int8Report & { path: string; agreement: number }> {
  const { model, role, inputHeight, format, output, force, ignore, samples, pictures, minAgreement } =
    options;
  const { onStep, signal, environments: folder } = options;
  const network = networkRequest(model, role, inputHeight);
  // The main file comes last: without an .xml a .bin is nothing.
  const paths = format === 'ir' ? [output.replace(/\.xml$/, '.bin'), output] : [output];
  return writeOutputs({ paths, force }, async (files) => {
    const candidate = files.at(-1) as string;
    const environment = await prepareEnvironment({ folder, for: 'quantize', onStep, signal });
    const action = format === 'ir' ? 'int8' : 'int8-onnx';
    const request = { ...network, action, output: candidate, samples, ignore };
    const report = int8Report.parse(await runConverter({ environment, request, pictures, onStep, signal }));
    onStep?.('comparing people with the source');
    const agreement = await options.agreement(candidate);
    signal?.throwIfAborted();
    if (agreement >= minAgreement) return { path: resolve(output), agreement, ...report };
    throw new AgentError(
      'MODEL_CONVERSION_FAILED',
      `${model.name} in INT8 agrees with its source to ${agreement.toFixed(3)}, expected at least ${minAgreement}; nothing was written`,
    );
  });
}
