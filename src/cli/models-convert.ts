import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadConfig } from '../config/load-config.js';
import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import { mainRole } from '../models/catalog.js';
import type { FileRole } from '../models/catalog-schema.js';
import { type ConversionOptions, convertToOnnx } from '../models/convert/convert-to-onnx.js';
import { quantize } from '../models/convert/quantize.js';
import { type ResolvedModel, resolveInstalled } from '../models/resolve.js';
import { int8Lines, onnxLines, usageLines } from './conversion-lines.js';
import { onStopSignal } from './early-signals.js';
import { positiveInteger } from './run-options.js';
import { spreadPictures } from './spread-pictures.js';

/** How far the candidate's people are the reference's, in [0, 1], over at most `limit` pictures of a source. */
export type ModelAgreement = (question: {
  config: Config;
  candidate: ResolvedModel;
  reference: ResolvedModel;
  source: string;
  limit: number;
}) => Promise<number>;

/** Of weights and arithmetic, where nobody says otherwise: TensorRT from 10 on computes in the types of the file. */
const defaults = { onnxruntime: 'fp32', tensorrt: 'fp16' } as const;

interface ConvertOptions {
  config?: string;
  to: 'onnx' | 'ir';
  precision?: 'fp32' | 'fp16' | 'int8';
  for: 'onnxruntime' | 'tensorrt';
  network?: FileRole;
  inputHeight?: number;
  pictures: string;
  calibration?: string;
  samples?: number;
  minAgreement: number;
  ignore: string[];
  output?: string;
  force?: boolean;
  json?: boolean;
}

/** The model as the command line names it, and what every conversion needs. */
interface Conversion {
  config: Config;
  model: ResolvedModel;
  common: Omit<ConversionOptions, 'pictures' | 'samples' | 'environments'>;
}

async function toOnnx(
  { config, model, common }: Conversion,
  options: ConvertOptions,
  precision: 'fp32' | 'fp16',
): Promise<void> {
  const samples = options.samples ?? 4;
  const pictures = await spreadPictures(options.pictures, samples);
  const target = options.for;
  const stem = common.role === mainRole(model.files) ? model.id : `${model.id}-${common.role}`;
  const output = options.output ?? `${stem}-${precision}${target === 'tensorrt' ? '-tensorrt' : ''}.onnx`;
  const report = await watched(config, (watch) =>
    convertToOnnx({ ...common, ...watch, pictures, samples, output, precision, target }),
  );
  if (options.json === true) printJson({ model: model.name, precision, target, ...report });
  else print([...onnxLines(report), ...usageLines(model, report.path, common.inputHeight)]);
}

async function toInt8(
  { config, model, common }: Conversion,
  options: ConvertOptions,
  agreementOf: ModelAgreement,
): Promise<void> {
  if (model.family !== 'openpose') {
    const message = `${model.name} is a ${model.family} model: only OpenPose networks are quantized`;
    throw new AgentError('MODEL_CONVERSION_FAILED', message);
  }
  const { samples = 300, calibration = '', minAgreement, ignore } = options;
  const pictures = await spreadPictures(calibration, samples);
  const { inputHeight: input_height } = common;
  // The reference is an IR, which OpenVINO alone reads, whatever the configuration runs.
  const judging = { engine: 'openvino', device: 'auto', ...(input_height && { input_height }) } as const;
  const judged = { ...config, model: { ...config.model, ...judging } };
  const format = options.to;
  const agreement = (main: string): Promise<number> => {
    const files = { xml: main, ...(format === 'ir' && { bin: main.replace(/xml$/, 'bin') }) };
    const candidate = { ...model, name: main, files, main };
    return agreementOf({ config: judged, candidate, reference: model, source: calibration, limit: samples });
  };
  const name = `${model.id}-int8`;
  const output =
    format === 'ir'
      ? join(resolve(options.output ?? name), `${name}.xml`)
      : (options.output ?? `${name}-tensorrt.onnx`);
  const report = await watched(config, (watch) =>
    quantize({ ...common, ...watch, pictures, samples, format, output, ignore, agreement, minAgreement }),
  );
  const target = format === 'onnx' && { target: options.for };
  if (options.json === true) printJson({ model: model.name, precision: 'int8', ...target, ...report });
  else print([...int8Lines(report), ...usageLines(model, report.path, common.inputHeight)]);
}

/** Shows the steps to people who watch, and ends the work on SIGINT and SIGTERM so that nothing of it stays. */
async function watched<T>(
  config: Config,
  work: (watch: Pick<ConversionOptions, 'environments' | 'onStep' | 'signal'>) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  let stopped: number | undefined;
  onStopSignal((signal) => {
    stopped = 128 + (signal === 'SIGINT' ? 2 : 15);
    stop.abort();
  });
  const { stderr } = process;
  const onStep = stderr.isTTY ? (text: string) => stderr.write(`\r\x1b[K${text} …`) : undefined;
  const environments = process.env.POSE_AGENT_CONVERT_ENV ?? join(config.state_dir, 'convert');
  try {
    return await work({ environments, onStep, signal: stop.signal });
  } catch (error) {
    if (stopped !== undefined) process.exit(stopped);
    throw error;
  } finally {
    if (stderr.isTTY) stderr.write('\r\x1b[K');
  }
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function printJson(value: unknown): void {
  print([JSON.stringify(value, null, 2)]);
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('Expected 0 to 1.');
  return value;
}

/** What does not go together; `given` says which options are not there by default. */
function misuse(
  { to, for: target, precision, calibration }: ConvertOptions,
  given: (option: keyof ConvertOptions) => boolean,
): string | undefined {
  if (to === 'ir' && target === 'tensorrt')
    return '--to ir is for OpenVINO alone; --for tensorrt takes --to onnx';
  if (to === 'ir' && precision !== 'int8') return '--to ir takes --precision int8';
  if (to === 'onnx' && precision === 'int8' && target !== 'tensorrt')
    return '--to onnx takes --precision int8 with --for tensorrt alone';
  if (precision === 'int8' && calibration === undefined)
    return `--to ${to} --precision int8 takes --calibration CLIP|FOLDER`;
  if (precision !== 'int8' && calibration !== undefined) return '--calibration takes --precision int8';
  if (precision !== 'int8' && given('ignore')) return '--ignore takes --precision int8';
  if (precision !== 'int8' && given('minAgreement')) return '--min-agreement takes --precision int8';
  if (precision === 'int8' && given('pictures')) return '--pictures takes --precision fp32 or fp16';
  return undefined;
}

const help = `
The first conversion installs Python packages into the state folder, pinned by hash; it takes Python 3.11 or 3.12 with pip.

Examples:
  pose-agent models convert human-pose-estimation-0001 --to onnx
  pose-agent models convert human-pose-estimation-0001 --to onnx --for tensorrt
  pose-agent models convert human-pose-estimation-0001 --to onnx --for tensorrt --precision int8 --calibration hall.mp4
  pose-agent models convert human-pose-estimation-0001/FP32 --to ir --precision int8 --calibration hall.mp4`;

/** `models convert`: another format or precision of a model, seen to compute the same. */
export function addConvertCommand(models: Command, agreementOf: ModelAgreement): void {
  const command = models
    .command('convert')
    .description('make another format or precision of a model, and compare it with the source')
    .argument('<name>', 'name of the list, or the path of an .xml, .onnx or .tflite');
  addOnnxOptions(command);
  addInt8Options(command);
  command
    .addOption(choice('--network <role>', 'which, of a model of several', ['landmarks', 'detector']))
    .option('--input-height <px>', 'another input size; the width follows', positiveInteger)
    .option('--samples <n>', 'so many pictures, spread over all; 4, or 300 with int8', positiveInteger)
    .option('--output <path>', 'the .onnx file, or the folder of the IR; in this folder where left out')
    .option('--force', 'replace what is there')
    .option('--json', 'print JSON')
    .option('--config <file>', 'configuration file')
    .addHelpText('after', help)
    .action(async (name: string, options: ConvertOptions) => {
      const wrong = misuse(options, (option) => command.getOptionValueSource(option) === 'cli');
      if (wrong !== undefined) command.error(`error: ${wrong}`);
      const { config } = loadConfig({ configFile: options.config });
      const model = await resolveInstalled(name, { stateDir: config.state_dir });
      const { network: role = mainRole(model.files), inputHeight, force = false } = options;
      const conversion = { config, model, common: { model, role, inputHeight, force } };
      const precision = options.precision ?? defaults[options.for];
      if (precision === 'int8') await toInt8(conversion, options, agreementOf);
      else await toOnnx(conversion, options, precision);
    });
}

function addOnnxOptions(command: Command): void {
  command
    .addOption(choice('--to <format>', 'what it becomes', ['onnx', 'ir']).makeOptionMandatory())
    .addOption(
      choice('--precision <precision>', 'fp32, or fp16 for tensorrt, where left out; ir: int8', [
        'fp32',
        'fp16',
        'int8',
      ]),
    )
    .addOption(
      choice('--for <runtime>', 'onnx; tensorrt: only what it takes', ['onnxruntime', 'tensorrt']).default(
        'onnxruntime',
      ),
    )
    .option('--pictures <source>', 'onnx: clip, picture or folder whose results are compared', 'sample:');
}

function addInt8Options(command: Command): void {
  command
    .option('--calibration <source>', 'int8: clip or folder of the place where it will run')
    .option('--min-agreement <share>', 'int8: with the people of the source, 0 to 1', share, 0.9)
    .option(
      '--ignore <pattern>',
      'int8: layers that stay float, by name; repeat it; the last before each output where left out',
      (pattern: string, before: string[]) => [...before, pattern],
      [],
    );
}

function choice(flags: string, description: string, choices: string[]): Option {
  return new Option(flags, description).choices(choices);
}
