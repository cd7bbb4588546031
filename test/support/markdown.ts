import { readFileSync } from 'node:fs';
import { githubAnchor } from '../../scripts/docs/markdown.js';

export interface CodeBlock {
  /** As it stands behind the fence: sh, json, … */
  readonly language: string;
  readonly text: string;
}

const fence = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** The fenced blocks of a Markdown text, in their order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(fence)].map(([, language = '', text = '']) => ({ language, text }));
}

/** Where each link or picture of a Markdown file points, but for those into the web. */
export function relativeLinks(file: string): string[] {
  const text = readFileSync(file, 'utf8')
    .replaceAll(fence, '')
    .replaceAll(/`[^`\n]*`/g, 'code');
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, target]) => target as string)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of a Markdown file's headings; the second of the same name ends in -1, as on GitHub. */
export function anchors(file: string): Set<string> {
  const found = new Set<string>();
  for (const [, heading = ''] of readFileSync(file, 'utf8')
    .replaceAll(fence, '')
    .matchAll(/^#{1,6} +(.+)$/gm)) {
    const anchor = githubAnchor(heading);
    let unique = anchor;
    for (let count = 1; found.has(unique); count++) unique = `${anchor}-${count}`;
    found.add(unique);
  }
  return found;
}
