import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import t from 'tap';
import { configSections, flagsByKey } from '../../scripts/docs/config-keys.js';
import { addConfigOptions } from '../../src/cli/run-options.js';
import { valueAt } from '../../src/config/assignment.js';
import type { ConfigFlags } from '../../src/config/config-sources.js';
import { configJsonSchema, knownPaths, schemaAt } from '../../src/config/json-schema.js';
import { loadConfig } from '../../src/config/load-config.js';
import { otherVariables, readEnvironment } from '../../src/config/read-environment.js';

const docs = resolve(import.meta.dirname, '../../docs');
const text = readFileSync(join(docs, 'configuration.md'), 'utf8');
const keys = configSections().flatMap((section) => section.keys);
const folder = mkdtempSync(join(tmpdir(), 'config-docs-'));
t.teardown(() => rmSync(folder, { recursive: true }));

function load(content: string, flags: ConfigFlags = {}) {
  const configFile = join(folder, 'config.yaml');
  writeFileSync(configFile, content);
  return loadConfig({ configFile, environment: { HOME: folder }, flags }).config;
}

t.test('every key of the schema is described', async (t) => {
  const described = new Set(keys.map(({ path }) => path.join('.')));
  for (const path of knownPaths('0')) {
    const node = schemaAt(path);
    if (node?.['x-applies'] === undefined) continue; // a section
    // The forms of a value that is a text or a mapping are described with it.
    const inside = [...described].some((name) => path.join('.').startsWith(`${name}.`));
    t.ok(inside || described.has(path.join('.')), path.join('.'));
  }
  for (const { name, node } of keys) {
    t.ok(text.includes(`\n### \`${name}\`\n`), `${name} has a heading`);
    t.ok(text.includes(`\n| [\`${name}\`](`), `${name} has a row`);
    t.ok((node.description ?? '').length > 15, `${name} has words`);
  }
});

t.test('the variable of every key sets it', async (t) => {
  for (const { variable, path, name } of keys) {
    const { assignments, problems } = readEnvironment({ [variable]: 'x' });
    t.same(problems, [], name);
    t.same(assignments[0]?.path, path, variable);
    t.ok(text.includes(`Variable: \`${variable}\``), `${variable} is in the document`);
  }
  for (const variable of otherVariables) t.ok(text.includes(`| \`${variable}\` |`), variable);
});

t.test('every flag that sets a key is named there, and sets it', async (t) => {
  const flags = new Map(Object.entries(flagsByKey).map(([key, flag]) => [flag, key.replace('[]', '.0')]));
  const noKey = new Set(['--config']);
  const options = addConfigOptions(new Command()).options.map(({ long }) => long as string);
  t.same(options.filter((flag) => !noKey.has(flag)).sort(), [...flags.keys()].sort());
  const before = load('');
  const values: Required<ConfigFlags> = {
    source: 'clip.mp4',
    model: 'blazepose-full',
    engine: 'tensorrt',
    device: 'GPU',
    mqtt: 'mqtt://192.0.2.10:1883',
    pace: 'max',
  };
  for (const [flag, key] of flags) {
    const name = flag.slice('--'.length) as keyof ConfigFlags;
    const path = key.split('.');
    t.not(valueAt(before, path), values[name]);
    t.equal(valueAt(load('', { [name]: values[name] }), path), values[name], `${flag} sets ${key}`);
    t.match(text, new RegExp(`### \`${key.replace('.0', '\\[\\]')}\`\n\n.*\n\n.*Flag: \`${flag}\``));
  }
});

t.test('the example files are complete configurations', async (t) => {
  const files = readdirSync(join(docs, 'examples')).filter((file) => file.endsWith('.yaml'));
  t.same(files.sort(), ['minimal.yaml', 'several-cameras.yaml']);
  for (const file of files) {
    const content = readFileSync(join(docs, 'examples', file), 'utf8');
    t.ok(text.includes(content.trimEnd()), `${file} is in the document`);
    const config = load(content);
    t.notSame(config, load(''), `${file} sets something`);
  }
  t.equal(load(readFileSync(join(docs, 'examples/several-cameras.yaml'), 'utf8')).cameras.length, 3);
});

t.test('the layers win in the order that the document gives', async (t) => {
  const configFile = join(folder, 'layers.yaml');
  const environment = { HOME: folder, EDGE_POSE_MODEL__DEVICE: 'NPU' };
  const device = (environment: Record<string, string>, flags: ConfigFlags) =>
    loadConfig({ configFile, environment: { HOME: folder, ...environment }, flags }).config.model.device;
  writeFileSync(configFile, '');
  t.equal(device({}, {}), configJsonSchema.properties?.model?.properties?.device?.default);
  writeFileSync(configFile, 'model: {device: GPU}');
  t.equal(device({}, {}), 'GPU');
  t.equal(device(environment, {}), 'NPU');
  t.equal(device(environment, { device: 'AUTO' }), 'AUTO');
});
