import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import t from 'tap';
import { z } from 'zod';
import type { ModelFamily } from '../../src/models/catalog-schema.js';
import { readDecodeFacts } from '../../src/models/decode-facts.js';
import { decodeOptions } from '../../src/models/decode-options.js';
import { familyFaults } from '../../src/models/family-faults.js';
import { familyRules } from '../../src/models/family-rules.js';
import { ownManifestSchema } from '../../src/models/own-manifest.js';
import { codeBlocks } from '../support/markdown.js';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(resolve(root, 'docs/models.md'), 'utf8');
const section = text.slice(text.indexOf('## Your own models'), text.indexOf('## Updates over the air'));

interface Node {
  properties?: Record<string, Node>;
  additionalProperties?: Node | boolean;
  items?: Node;
}

/** The keys of a schema by their path; those whose names are free stand under ROLE or OPTION. */
function keysOf({ properties, additionalProperties, items }: Node, path: string): string[] {
  if (properties) {
    return Object.entries(properties).flatMap(([name, node]) =>
      keysOf(node, path === '' ? name : `${path}.${name}`),
    );
  }
  if (items && path === 'files') return keysOf(items, `${path}[]`);
  if (typeof additionalProperties !== 'object') return [path];
  return keysOf(additionalProperties, `${path}.${path === 'decode' ? 'OPTION' : 'ROLE'}`);
}

/** The first cells of the rows behind a table's head, apart at their backticks. */
function rows(head: string): string[][] {
  const lines = section.slice(section.indexOf(head)).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
}

const words = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word as string);

t.test('the table has every key of a manifest, and no other', async (t) => {
  const schema = z.toJSONSchema(ownManifestSchema, { io: 'input', unrepresentable: 'any' }) as Node;
  // What a skeleton of one's own is made of has a section of its own.
  const keys = keysOf(schema, '').map((key) => (key.startsWith('skeleton') ? 'skeleton' : key));
  const documented = rows('| key | value |').flatMap(([cell]) => words(cell));
  t.same([...documented].sort(), [...new Set(keys)].sort());
});

t.test('every option of every decoder', async (t) => {
  const documented = rows('| family | options of `decode`, with');
  t.same(documented.map(([family]) => words(family)[0]).sort(), Object.keys(decodeOptions).sort());
  for (const [cell, options = ''] of documented) {
    const family = words(cell)[0] as keyof typeof decodeOptions;
    const names = words(options.replaceAll(/\([^)]*\)/g, ''));
    const snake = Object.keys(decodeOptions[family].shape).map((name) =>
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    );
    t.same(names.sort(), snake.sort(), family);
    for (const [name, value] of Object.entries(readDecodeFacts(family).data as Record<string, unknown>)) {
      const key = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      t.match(
        options,
        `\`${key}\` ${Array.isArray(value) ? "(trt_pose's own)" : value}`,
        `${family}: ${key}`,
      );
    }
  }
});

t.test('every family and its outputs', async (t) => {
  const all = rows('| key | value |');
  const cellOf = (key: string) => all.find(([cell]) => words(cell).includes(key))?.[1] ?? '';
  t.same(words(cellOf('family')).sort(), Object.keys(familyRules).sort());
  for (const [family, { outputs }] of Object.entries(familyRules)) {
    for (const role of outputs) {
      t.match(cellOf('outputs.ROLE'), new RegExp(`\`${role}\`[^;]* of ${family}\\b`), `${family} ${role}`);
    }
  }
});

t.test('the examples are manifests', async (t) => {
  const examples = codeBlocks(section).filter(({ language }) => language === 'json');
  t.equal(examples.length, 5);
  for (const { text: example } of examples) {
    // Skeletons have tests of their own.
    const manifest = ownManifestSchema.parse({ ...JSON.parse(example), skeleton: 'openpose18' });
    const bundled = manifest.detector?.kind === 'blazepose';
    const files = manifest.files ?? [
      { role: 'xml' as const, path: 'forearm.onnx' },
      ...(bundled ? [{ role: 'detector' as const, path: 'detector.tflite' }] : []),
    ];
    // The detector that the agent brings is described by the agent.
    const inputs = { ...manifest.inputs };
    if (bundled)
      inputs.detector ??= { ...inputs.xml, resize: 'letterbox-centre' } as typeof inputs.xml & object;
    t.same(familyFaults({ ...manifest, inputs, files }), []);
    t.ok(readDecodeFacts(manifest.family as Exclude<ModelFamily, 'blazepose'>, manifest.decode).success);
  }
});
