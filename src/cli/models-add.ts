import { type Command, InvalidArgumentError, Option } from 'commander';
import { type AddModelResult, addModel } from '../agent/add-model.js';
import { loadConfig } from '../config/load-config.js';
import { configFolder, readStoredState } from '../config/stored-state-files.js';
import { AgentError } from '../errors.js';
import { addedVariant, isAdded, removeAdded } from '../models/added-models.js';
import type { ModelFamily, NetworkInput } from '../models/catalog-schema.js';
import { familyRules } from '../models/family-rules.js';
import { ownModelName } from '../models/manifest-schema.js';
import { outlineText, type PictureSize } from '../models/model-outline.js';
import { SlotsFile } from '../models/slots-file.js';
import { standsFor } from '../models/slots-state.js';
import { ModelStore } from '../models/store.js';
import { openingLine } from './opening-line.js';
import { megabytes, progressBar } from './progress-bar.js';

interface AddOptions {
  name?: string;
  family?: ModelFamily;
  detector?: string;
  skeleton?: string;
  input?: PictureSize;
  manifest?: string;
  dryRun?: boolean;
  force?: boolean;
  json?: boolean;
  config?: string;
}

async function add(path: string | undefined, options: AddOptions, command: Command): Promise<void> {
  if (path === undefined && options.manifest === undefined) {
    command.error('error: name a model file, a folder with one, or a manifest with --manifest');
  }
  const { config } = loadConfig({ configFile: options.config });
  const { input: size, ...rest } = options;
  const bar = progressBar();
  const result = await addModel({
    ...rest,
    path,
    size,
    config,
    onStep: stepLine,
    onProgress: bar.show,
    onOpening: openingLine().show,
  }).finally(bar.end);
  const { name, installed, bytes, manifest, trial, outline } = result;
  if (options.json === true) {
    const { openMs, picture, network, ...about } = trial;
    const figures = {
      ...about,
      open_ms: openMs,
      picture_ms: picture,
      network_ms: network.ms,
      fps: network.fps,
    };
    const printed = { name, installed, bytes, manifest, trial: figures, outputs: outline.outputs };
    process.stdout.write(`${JSON.stringify(printed, null, 2)}\n`);
    return;
  }
  if (!installed) {
    // The manifest alone, to be written into a file and changed there.
    process.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`);
    process.stderr.write(trialText(result));
    return;
  }
  process.stdout.write(trialText(result));
  process.stdout.write(`${name} is added (${megabytes(bytes)}): --model ${name}, or model.id: ${name}\n`);
}

/** For people who watch; nothing in a pipe. */
function stepLine(step: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${step} …`);
}

function trialText({ name, manifest, proposed, trial, outline }: AddModelResult): string {
  const { family, skeleton, inputs } = manifest;
  const { picture, network, input } = trial;
  const ms = (value: number) => value.toFixed(1);
  const main = inputs.xml ?? inputs.landmarks;
  const lines = [
    `${name}: ${family}, skeleton ${typeof skeleton === 'string' ? skeleton : JSON.stringify(skeleton)}`,
    `input: ${input.width}x${input.height}${main === undefined ? '' : `, ${inputText(main)}`}`,
    `outputs: ${outlineText(outline.outputs)}`,
    `tried with ${trial.engine} on ${trial.device}, ${trial.precision}: a picture takes ${ms(picture.preprocess)} ms ` +
      `to prepare, ${ms(picture.infer)} ms to infer and ${ms(picture.decode)} ms to decode; the bare network gives ` +
      `${ms(network.fps)} a second`,
  ];
  // BlazePose's networks take them in one way.
  if (proposed && family !== 'blazepose') {
    lines.push(
      `Colours, mean and scale are those that ${family} networks usually have: no file tells them. Look at what it ` +
        `draws (pose-agent annotate --model ${name} IN OUT), and correct them in a manifest where it is wrong.`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function inputText({ color, mean, scale, resize }: NetworkInput): string {
  return `${color}, (value - ${JSON.stringify(mean)}) / ${JSON.stringify(scale)}, ${resize}`;
}

interface RemoveOptions {
  force?: boolean;
  config?: string;
}

async function remove(name: string, options: RemoveOptions): Promise<void> {
  const { config } = loadConfig({ configFile: options.config });
  const store = new ModelStore(config.state_dir);
  const slot = `${name}/${addedVariant}`;
  const use = isAdded(name, store) ? await useOf(slot, config.model.id, store, config.state_dir) : undefined;
  if (use !== undefined && options.force !== true) {
    throw new AgentError('MODEL_IN_USE', `${name} is not removed: ${use}`);
  }
  await removeAdded(name, store);
  if (use !== undefined) process.stderr.write(`warning: ${use}\n`);
  process.stdout.write(
    `${name} is removed; pose-agent models clean frees the disk of files that no model has\n`,
  );
}

/** Who counts on the model, or undefined. */
async function useOf(
  slot: string,
  configured: string,
  store: ModelStore,
  stateDir: string,
): Promise<string | undefined> {
  const names = (id: unknown) => typeof id === 'string' && id !== 'auto' && standsFor(id, slot);
  if (names(configured)) return 'the configuration names it (model.id)';
  const { state } = await new SlotsFile(store).read();
  if (state.current?.name === slot) return 'it is activated';
  const { active, lastGood } = (await readStoredState(configFolder(stateDir))).state;
  const isNamedFromAfar = [active, lastGood].some((document) => {
    const model = document?.config.model as { id?: unknown } | undefined;
    return names(model?.id);
  });
  return isNamedFromAfar ? 'the configuration from afar names it (model.id)' : undefined;
}

function parseName(text: string): string {
  const { error } = ownModelName.safeParse(text);
  if (error === undefined) return text;
  throw new InvalidArgumentError(
    'Expected letters, digits, ".", "_" and "-", at most 100, no ending of a model file, and not auto.',
  );
}

function parseSize(text: string): PictureSize {
  const [, width, height] = /^([1-9]\d{0,3})x([1-9]\d{0,3})$/.exec(text) ?? [];
  if (width === undefined || height === undefined)
    throw new InvalidArgumentError('Expected WIDTHxHEIGHT in pixels.');
  return { width: Number(width), height: Number(height) };
}

/** `models add` and `remove`: models that somebody brings to this machine. */
export function addOwnCommands(models: Command): void {
  models
    .command('add')
    .description('install a model of your own: find out what it is, try it, and take it in')
    .argument(
      '[path]',
      'an ONNX, IR (.xml) or TFLite file, or a folder with one; its manifest.json is obeyed',
    )
    .option(
      '--name <name>',
      'what it is to be called; the name of the file or folder where left out',
      parseName,
    )
    .addOption(
      new Option('--family <family>', 'what kind of network it is').choices(Object.keys(familyRules)),
    )
    .option('--detector <file>', 'the network that finds people, for heatmap, simcc and blazepose models')
    .option('--skeleton <name>', 'the names of its keypoints')
    .option('--input <size>', 'WIDTHxHEIGHT of its input, where the file leaves it open', parseSize)
    .option('--manifest <file>', 'a description that is obeyed, instead of one that is proposed')
    .option('--dry-run', 'print the manifest and try it, but install nothing')
    .option('--force', 'replace a model of the same name that was added before')
    .option('--json', 'print JSON')
    .option('--config <file>', 'configuration file')
    .addHelpText(
      'after',
      '\nWithout a manifest the shapes and names of the outputs tell what it is; docs/models.md has the keys of one.' +
        '\n\nExamples:\n  pose-agent models add hall.onnx' +
        '\n  pose-agent models add rtmpose-m.onnx --detector yolov8n.onnx' +
        '\n  pose-agent models add hrnet.onnx --family heatmap --input 192x256' +
        '\n  pose-agent models add hall.onnx --dry-run > manifest.json' +
        '\n  pose-agent models add ./hall --name hall-2',
    )
    .action(add);
  models
    .command('remove')
    .description('take a model away that was added')
    .argument('<name>', 'its name')
    .option('--force', 'also where it is configured or activated')
    .option('--config <file>', 'configuration file')
    .addHelpText('after', '\nExample:\n  pose-agent models remove hall')
    .action(remove);
}
