import { join } from 'node:path';
import { AgentError } from '../../errors.js';
import { type Int8Report, int8Report } from './convert-report.js';
import type { ConversionOptions } from './convert-to-onnx.js';
import { prepareEnvironment } from './environment.js';
import { networkRequest } from './network-request.js';
import { writeOutputs } from './output-files.js';
import { runConverter } from './run-converter.js';

export interface QuantizeOptions extends ConversionOptions {
  /** Folder of the IR to be. */
  output: string;
  /** What its two files are called. */
  name: string;
  /** Regular expressions over whole layer names that stay float; empty: the last layer before each output. */
  ignore: readonly string[];
  /** How far the people that the candidate's .xml finds are those of the source, in [0, 1]. */
  agreement: (candidate: string) => Promise<number>;
  minAgreement: number;
}

/**
 * A float network as an INT8 IR, calibrated with the pictures, which should be of the place where it will run. It is only
 * kept where its people agree with the source's.
 * Throws AgentError MODEL_CONVERTER_ABSENT, MODEL_CONVERSION_FAILED, MODEL_UNREADABLE, MODEL_SHAPE_MISMATCH,
 * OUTPUT_UNWRITABLE, and what `pictures` and `agreement` throw.
 */
export async function quantize(
  options: QuantizeOptions,
): Promise<Int8Report & { path: string; agreement: number }> {
  const { model, role, inputHeight, output, name, force, ignore, samples, pictures, minAgreement } = options;
  const { onStep, signal, environments: folder } = options;
  const network = networkRequest(model, role, inputHeight);
  const path = join(output, `${name}.xml`);
  // The .xml comes last: without it a .bin is nothing.
  const paths = [join(output, `${name}.bin`), path];
  return writeOutputs({ paths, force }, async ([, candidate]) => {
    const environment = await prepareEnvironment({ folder, for: 'quantize', onStep, signal });
    const request = { ...network, action: 'int8', output: candidate, samples, ignore };
    const report = int8Report.parse(await runConverter({ environment, request, pictures, onStep, signal }));
    onStep?.('comparing people with the source');
    const agreement = await options.agreement(candidate as string);
    signal?.throwIfAborted();
    if (agreement >= minAgreement) return { path, agreement, ...report };
    throw new AgentError(
      'MODEL_CONVERSION_FAILED',
      `${model.name} in INT8 agrees with its source to ${agreement.toFixed(3)}, expected at least ${minAgreement}; nothing was written`,
    );
  });
}
