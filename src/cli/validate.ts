import { Command, Option } from 'commander';
import { runnableModel } from '../agent/runnable-model.js';
import { schemaAt } from '../config/json-schema.js';
import { loadConfig } from '../config/load-config.js';
import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import { compareModels } from '../validate/compare-models.js';
import type { ModelChoice } from '../validate/model-under-test.js';
import type { SkippedPicture } from '../validate/skipped-picture.js';
import { validateModel } from '../validate/validate-model.js';
import { openingLine } from './opening-line.js';
import { positiveInteger } from './run-options.js';
import { agreementReport, skippedReport, validationReport } from './validation-report.js';

type Precision = Config['model']['precision'];

interface ValidateOptions {
  config?: string;
  model?: string;
  engine?: string;
  device?: string;
  precision?: Precision;
  against?: string;
  againstPrecision?: Precision;
  annotations?: string;
  images?: string;
  clip?: string;
  limit?: number;
  json?: boolean;
}

const precisions = (schemaAt(['model', 'precision'])?.enum ?? []) as Precision[];

async function validate(options: ValidateOptions, command: Command): Promise<void> {
  const misuse = misuseOf(options);
  if (misuse !== undefined) command.error(`error: ${misuse}`);
  if (options.annotations === undefined) await compare(options);
  else await evaluate(options.annotations, options);
}

/** What does not go together; undefined where all does. */
function misuseOf(options: ValidateOptions): string | undefined {
  const { annotations, images, clip } = options;
  const comparing = options.against !== undefined || options.againstPrecision !== undefined;
  if (annotations !== undefined && comparing) {
    return 'choose either --annotations, or --against and --against-precision: labels need no second model';
  }
  if (annotations !== undefined) {
    if (clip !== undefined) return '--annotations are of pictures: give --images DIR instead of --clip';
    return images === undefined ? '--annotations need --images DIR' : undefined;
  }
  if (!comparing) return 'give --annotations FILE and --images DIR, or what to compare --against';
  if ((images === undefined) === (clip === undefined)) {
    return '--against needs either --images DIR or --clip FILE';
  }
  return undefined;
}

async function evaluate(annotations: string, options: ValidateOptions): Promise<void> {
  const choice = await choose(options, {});
  const progress = progressLine();
  const result = await validateModel({
    ...choice,
    annotations,
    images: options.images as string,
    limit: options.limit,
    onProgress: progress.show,
    onOpening: openingLine().show,
  }).finally(progress.end);
  print(options.json === true ? toJson(result) : validationReport(result));
  complain(result.skipped);
}

async function compare(options: ValidateOptions): Promise<void> {
  const { against: model, againstPrecision: precision } = options;
  const progress = progressLine();
  const result = await compareModels({
    candidate: await choose(options, {}),
    reference: await choose(options, { model, precision }),
    source: (options.images ?? options.clip) as string,
    limit: options.limit,
    onProgress: progress.show,
    onOpening: openingLine().show,
  }).finally(progress.end);
  print(options.json === true ? toJson(result) : agreementReport(result));
  complain(result.skipped);
}

/** The configuration and its model, with `other` in place of what the options say. */
async function choose(
  options: ValidateOptions,
  other: { model?: string | undefined; precision?: Precision | undefined },
): Promise<ModelChoice> {
  const { model = options.model, precision = options.precision } = other;
  const { engine, device } = options;
  const { config } = loadConfig({ configFile: options.config, flags: { model, engine, device } });
  if (precision !== undefined) config.model.precision = precision;
  return { config, model: await runnableModel(config) };
}

/** For people who watch; nothing in a pipe. */
function progressLine(): { show(done: number, total: number | null): void; end(): void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { show: () => undefined, end: () => undefined };
  return {
    show: (done, total) => stderr.write(`\r\x1b[K${done}${total === null ? '' : ` of ${total}`} pictures …`),
    end: () => stderr.write('\r\x1b[K'),
  };
}

/** Shares and px to five places, ms to three: what lies beyond is noise. */
function toJson(result: object): string {
  return JSON.stringify(result, (key, value: unknown) =>
    typeof value === 'number' ? Number(value.toFixed(key === 'fps' ? 2 : 5)) : value,
  );
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The figures are out by now; that they are not of everything is the command's end. */
function complain(skipped: readonly SkippedPicture[]): void {
  if (skipped.length > 0) throw new AgentError('VALIDATION_INCOMPLETE', skippedReport(skipped));
}

/** `pose-agent validate`: how well a model does on labelled pictures, or how far it agrees with another. */
export function validateCommand(): Command {
  const precision = (flag: string, description: string): Option =>
    new Option(`${flag} <format>`, description).choices(precisions);
  return new Command('validate')
    .description('measure a model on labelled pictures, or against another model without labels')
    .option('--config <file>', 'configuration file, YAML or JSON')
    .option('--model <name>', 'model by name or path, or auto')
    .option('--engine <name>', 'auto, openvino or tensorrt')
    .option('--device <name>', 'auto, CPU, GPU, NPU, DLA.0 or AUTO')
    .addOption(precision('--precision', 'number format of the inference'))
    .option('--annotations <file>', "person keypoints in COCO's format, of the pictures in --images")
    .option('--images <folder>', 'pictures, each of which stands for itself')
    .option('--clip <file>', 'with --against: a video, or sample:')
    .option('--against <name>', 'take what this model sees for the truth; --model where left out')
    .addOption(precision('--against-precision', 'number format of the model compared with'))
    .option('--limit <n>', 'stop after this many pictures or frames', positiveInteger)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  pose-agent validate --annotations person_keypoints_val2017.json --images val2017 --limit 500
  pose-agent validate --model blazepose-lite --against blazepose-full --clip sample:
  pose-agent validate --against-precision f32 --images pictures --json`,
    )
    .action(validate);
}
