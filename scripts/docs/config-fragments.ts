import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ConfigSection, configSections, type DocumentedKey } from './config-keys.js';
import type { FragmentMaker } from './fragments.js';
import { cell, githubAnchor, prose } from './markdown.js';

const root = resolve(import.meta.dirname, '../..');

/** The generated parts of docs/configuration.md. */
export const configFragments: Readonly<Record<string, FragmentMaker>> = {
  file: (path) => fileBlock(path),
  keys: () => keysText(),
};

/** Words for `x-applies`. */
const appliesTo = {
  live: 'at once',
  cameras: 'this camera',
  worker: 'new worker',
  agent: 'new agent',
};
/** Words for `x-local-only`. */
const remoteUse = {
  never: 'yes',
  always: 'no',
  'paths-and-pipelines': 'no paths or pipelines',
  'plain-secrets': 'only as `{secret: name}`',
};

function keysText(): string {
  const sections = configSections();
  const contents = sections
    .map(({ name }) => sectionTitle(name))
    .map((title) => `[${title}](#${githubAnchor(title)})`);
  return [contents.join(' · '), ...sections.map(sectionText)].join('\n\n');
}

function fileBlock(path: string): string {
  return `\`\`\`yaml\n${readFileSync(resolve(root, path), 'utf8').trimEnd()}\n\`\`\``;
}

function sectionText({ name, node, keys }: ConfigSection): string {
  const list = node.items === undefined ? '' : `A list of ${node.minItems ?? 0} to ${node.maxItems} entries.`;
  const intro = [prose(node.description ?? ''), list].filter(Boolean).join(' ');
  const rows = keys.map(
    (key) =>
      `| ${link(key)} | ${valueText(key)} | ${defaultText(key)} | ${changeText(key)} | ${remoteText(key)} |`,
  );
  return `## ${sectionTitle(name)}

${intro === '' ? '' : `${intro}\n\n`}| key | value | default | change | remote |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

${keys.map(keyText).join('\n\n')}`;
}

function sectionTitle(name: string): string {
  return name === '' ? 'Top level' : `\`${name}\``;
}

function link({ name }: DocumentedKey): string {
  return `[\`${name}\`](#${githubAnchor(name)})`;
}

function valueText({ node, expected }: DocumentedKey): string {
  return cell(node.enum === undefined ? expected : node.enum.map(literal).join(', '));
}

function defaultText({ node, required }: DocumentedKey): string {
  if (required) return 'required';
  return node.default === undefined ? '-' : literal(node.default);
}

function changeText({ name, node }: DocumentedKey): string {
  return words(appliesTo, String(node['x-applies']), name);
}

function remoteText({ name, node }: DocumentedKey): string {
  return words(remoteUse, node['x-local-only'] ?? 'never', name);
}

function words(table: Readonly<Record<string, string>>, fact: string, key: string): string {
  const text = table[fact];
  if (text === undefined) throw new Error(`${key}: no words for "${fact}"`);
  return text;
}

function keyText({ name, node, variable, flag }: DocumentedKey): string {
  const facts = [
    ...(node.examples === undefined ? [] : [`Examples: ${node.examples.map(literal).join(', ')}.`]),
    ...(node['x-secret'] === true ? ['**Secret**: never shown, logged or published.'] : []),
    `Variable: \`${variable}\`.`,
    ...(flag === undefined ? [] : [`Flag: \`${flag}\`.`]),
  ];
  return `### \`${name}\`\n\n${prose(node.description ?? '')}\n\n${facts.join(' ')}`;
}

function literal(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
