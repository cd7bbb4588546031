import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { stringify } from 'yaml';
import { AgentError } from '../errors.js';
import { loadCatalog } from '../models/catalog.js';
import { sealEnvelope } from '../models/envelope.js';
import { makeManifest } from '../models/make-manifest.js';
import { readBoundedSync } from '../read-bounded.js';

interface SignOptions {
  key: string;
  keyName?: string;
  model: string;
  modelVersion: number;
  like: string;
  file: { role: string; path: string }[];
  urlBase: string;
  days: number;
  out: string;
}

const dayMs = 24 * 60 * 60 * 1000;

/** What a device is to be configured with. */
function trustSnippet(name: string, key: KeyObject): string {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return stringify({ updates: { keys: [{ name, key: Buffer.from(x, 'base64url').toString('base64') }] } });
}

/** A key is called like its file, where nobody says otherwise. */
function keyName(file: string, given: string | undefined): string {
  return given ?? basename(file, extname(file));
}

function generateKey({ out, name }: { out: string; name?: string }): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  // A key that is there already may be the only one that devices trust: it is never replaced.
  write(out, privateKey.export({ format: 'pem', type: 'pkcs8' }), 'wx');
  process.stdout.write(`${out} is the private key: keep it off the devices, and keep a copy of it.\n`);
  process.stdout.write('This belongs into the configuration file of each device that is to trust it:\n\n');
  process.stdout.write(trustSnippet(keyName(out, name), privateKey));
}

async function signManifest(options: SignOptions): Promise<void> {
  const { model, modelVersion: version, file: files, urlBase, days, out } = options;
  const key = readPrivateKey(options.key);
  const manifest = await makeManifest({
    model,
    version,
    facts: readFacts(options.like),
    files,
    urlBase,
    expires: new Date(Date.now() + days * dayMs),
  });
  const name = keyName(options.key, options.keyName);
  write(out, sealEnvelope(manifest, [{ name, key }]), 'w');
  process.stdout.write(`${out}: ${model}@${version}, signed by ${name}, accepted for ${days} days\n`);
  process.stdout.write(
    `Serve it, and below ${urlBase}: ${files.map(({ path }) => basename(path)).join(', ')}\n`,
  );
}

function readPrivateKey(path: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(readBoundedSync(path, 1024 * 1024));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code?.startsWith('E') && !code.startsWith('ERR_') ? code : 'it is no private key in PEM';
    // No cause: it might hold a part of the key.
    throw new AgentError('MODEL_KEY_UNREADABLE', `${path} cannot be used: ${reason}`);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new AgentError(
    'MODEL_KEY_UNREADABLE',
    `${path} is an ${key.asymmetricKeyType} key, expected ed25519`,
  );
}

/** Family, inputs and the rest: those of a model of the list, or of a JSON file that is written alike. */
function readFacts(like: string): Readonly<Record<string, unknown>> {
  if (!like.endsWith('.json')) return { ...loadCatalog().find(like).model };
  try {
    return { ...JSON.parse(readBoundedSync(like, 1024 * 1024).toString('utf8')) };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code ?? 'it is no JSON';
    throw new AgentError('MODEL_MANIFEST_INVALID', `${like} cannot be read: ${reason}`, { cause });
  }
}

function write(path: string, content: string | Buffer, flag: 'w' | 'wx'): void {
  try {
    writeFileSync(path, content, { flag, mode: flag === 'wx' ? 0o600 : 0o644 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' ? 'it is there already' : code;
    throw new AgentError('OUTPUT_UNWRITABLE', `${path} cannot be written: ${reason}`, { cause });
  }
}

function parseFile(text: string, before: SignOptions['file'] = []): SignOptions['file'] {
  const [, role, path] = /^([a-z_]+)=(.+)$/.exec(text) ?? [];
  if (role === undefined || path === undefined) throw new InvalidArgumentError('Expected ROLE=PATH.');
  return [...before, { role, path }];
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1 on.');
  return Number(text);
}

/** `models keygen` and `models sign`: what the publisher of an update runs, not the device. */
export function addSignCommands(models: Command): void {
  models
    .command('keygen')
    .description('make a key that signs model updates, and print what devices need to trust it')
    .requiredOption('--out <file>', 'new file for the private key (PEM)')
    .option('--name <name>', 'what devices call the key; the name of the file where left out')
    .addHelpText('after', '\nExample:\n  pose-agent models keygen --out release-2026.pem')
    .action(generateKey);
  models
    .command('sign')
    .description('make the signed manifest of a model update')
    .requiredOption('--key <file>', 'private key that signs (PEM, ed25519)')
    .option('--key-name <name>', 'what devices call the key; the name of its file where left out')
    .requiredOption('--model <name>', 'what the model is called')
    .requiredOption('--model-version <n>', 'its version, higher than every one before', parseCount)
    .requiredOption(
      '--like <name>',
      'model of the list with the same family and inputs, or a JSON file with them',
    )
    .requiredOption(
      '--file <role=path>',
      'a file of the model: xml, bin, detector, landmarks; repeat it',
      parseFile,
    )
    .requiredOption('--url-base <url>', 'where the files will be served, each under its own name')
    .option('--days <n>', 'how long devices accept the manifest', parseCount, 90)
    .requiredOption('--out <file>', 'where the signed manifest goes')
    .addHelpText(
      'after',
      '\nExample:\n  pose-agent models sign --key release-2026.pem --model hall-pose --model-version 3 \\' +
        '\n    --like human-pose-estimation-0001 --file xml=hall-pose.xml --file bin=hall-pose.bin \\' +
        '\n    --url-base https://models.example.com/hall-pose/3 --out hall-pose-3.json',
    )
    .action(signManifest);
}
