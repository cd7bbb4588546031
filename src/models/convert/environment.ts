import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from '../../child-environment.js';
import { syncPath } from '../../durable-rename.js';
import { AgentError } from '../../errors.js';
import { readBounded } from '../../read-bounded.js';
import { findPython, type Python } from './find-python.js';
import { isAlive } from './is-alive.js';

/** The converter's programs and the lists of their packages. */
export const converterFolder = resolve(import.meta.dirname, '../../../scripts/convert');

/** Python packages in a folder of their own; the second stands on the first. */
const layers = {
  convert: { list: 'requirements.txt', proof: 'import onnxruntime, openvino, openvino2onnx' },
  quantize: { list: 'requirements-quantize.txt', proof: 'import nncf' },
} as const;

type Layer = keyof typeof layers;

/** A Python and where its packages are. */
export interface Environment {
  readonly python: string;
  /** For PYTHONPATH. */
  readonly path: readonly string[];
  /** Where compiled modules are kept. */
  readonly cache: string;
}

export interface EnvironmentOptions {
  /** Where environments are kept, one for each version of the list. */
  folder: string;
  for: Layer;
  onStep?: ((text: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * The Python packages that the converter needs, pinned by hash; installed at the first call, which takes a package index
 * or a mirror that pip is configured for. Nothing but pip is needed, no venv, and no package of the system is looked at.
 * An installation that was cut off is begun anew. Throws AgentError MODEL_CONVERTER_ABSENT, OUTPUT_UNWRITABLE.
 */
export async function prepareEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const python = await findPython();
  const path: string[] = [];
  for (const layer of ['convert', 'quantize'] as const) {
    path.unshift(await prepareLayer(layer, { ...options, python, below: path }));
    if (layer === options.for) break;
  }
  return { python: python.command, path, cache: join(options.folder, 'compiled') };
}

interface LayerOptions extends EnvironmentOptions {
  python: Python;
  /** Packages that it stands on. */
  below: readonly string[];
}

async function prepareLayer(layer: Layer, options: LayerOptions): Promise<string> {
  const { folder, python } = options;
  const list = join(converterFolder, layers[layer].list);
  const digest = createHash('sha256')
    .update(await readList(list))
    .update(`${python.version} ${process.arch}`)
    .digest('hex')
    .slice(0, 16);
  const place = join(folder, `${layer}-${digest}`);
  if (existsSync(place)) return place;
  const unfinished = join(folder, `.${layer}-${digest}.${process.pid}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeAbandoned(folder);
    await rm(unfinished, { recursive: true, force: true }); // of an earlier process with this one's number
    await mkdir(unfinished);
    await install(layer, unfinished, list, options);
    await putInPlace(unfinished, place);
  } catch (cause) {
    if (cause instanceof AgentError || options.signal?.aborted) throw cause;
    const { code, path } = cause as NodeJS.ErrnoException;
    throw new AgentError('OUTPUT_UNWRITABLE', `${path ?? folder} cannot be written: ${code}`, { cause });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return place;
}

async function readList(path: string): Promise<Buffer> {
  try {
    return await readBounded(path, 1024 * 1024);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AgentError('MODEL_CONVERTER_ABSENT', `${path}, a part of the agent, cannot be read (${code})`, {
      cause,
    });
  }
}

async function install(
  layer: Layer,
  target: string,
  list: string,
  { python, below, onStep, signal }: LayerOptions,
): Promise<void> {
  onStep?.(`installing Python packages (once, ${layer === 'convert' ? 150 : 50} MB to fetch)`);
  const pip = ['-m', 'pip', 'install', '--target', target, '--requirement', list];
  const pinned = ['--require-hashes', '--no-deps', '--only-binary=:all:', '--no-compile'];
  const quiet = ['--quiet', '--no-input', '--disable-pip-version-check', '--retries', '2'];
  await python3(python, [...pip, ...pinned, ...quiet], {}, 'pip cannot install the packages', signal);
  onStep?.('trying the Python packages');
  const PYTHONPATH = [target, ...below].join(':');
  const failed = 'the packages were installed and cannot be loaded';
  await python3(python, ['-S', '-B', '-c', layers[layer].proof], { PYTHONPATH }, failed, signal);
  // As far as the disk: the place's name says that all of it is there.
  await promisify(execFile)('sync', ['-f', target]).catch(() => undefined);
}

/** How pip finds its index and gets there. */
const ofPip = /^(PIP_\w+|(https?|all|no)_proxy|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$/i;

async function python3(
  { command }: Python,
  args: readonly string[],
  environment: Record<string, string>,
  failed: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const env = { ...childEnvironment(ofPip), ...environment };
  try {
    await promisify(execFile)(command, args, { env, signal, maxBuffer: 2 ** 24 });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    const { stderr = '', message } = cause as { stderr?: string; message: string };
    const lines = stderr.split('\n').filter((line) => line.trim() !== '');
    const said = lines.filter((line) => line.startsWith('ERROR: ')).slice(-3);
    const reason = (said.length > 0 ? said : lines.slice(-2)).join(' ') || message;
    throw new AgentError('MODEL_CONVERTER_ABSENT', `${failed}: ${reason}`, { cause });
  }
}

/** Another process may have been quicker; both hold the same packages. */
async function putInPlace(from: string, place: string): Promise<void> {
  try {
    await rename(from, place);
    await syncPath(join(place, '..'));
  } catch (error) {
    if (!existsSync(place)) throw error;
  }
}

/** What processes left that are gone. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const owner = /^\.\w+-[0-9a-f]{16}\.(\d+)$/.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner)))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}
