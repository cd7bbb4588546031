import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import t from 'tap';
import { anchors, relativeLinks } from '../support/markdown.js';

const root = resolve(import.meta.dirname, '../..');
const skipped = new Set(['node_modules', 'build', 'dist']);

/** Every Markdown file of the repository. */
function documents(folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name) || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return documents(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function fault(file: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : resolve(dirname(file), decodeURIComponent(path));
  if (!existsSync(target)) return 'no such file';
  if (relative(root, target).startsWith('..')) return 'outside of the repository';
  if (anchor === undefined) return undefined;
  if (!statSync(target).isFile() || !target.endsWith('.md'))
    return 'an anchor in something that has no headings';
  return anchors(target).has(anchor) ? undefined : 'no such heading';
}

t.test('every relative link leads to a file and a heading that exist', async (t) => {
  const files = documents();
  t.ok(files.length >= 8, `${files.length} files`);
  let links = 0;
  const broken: string[] = [];
  for (const file of files) {
    for (const link of relativeLinks(file)) {
      links += 1;
      const reason = fault(file, link);
      if (reason !== undefined) broken.push(`${relative(root, file)}: ${link}: ${reason}`);
    }
  }
  t.ok(links > 50, `${links} links`);
  t.same(broken, []);
});

t.test('a wrong link is seen', async (t) => {
  const file = join(root, 'docs/mqtt.md');
  t.equal(fault(file, 'configuration.md#device_id'), undefined);
  t.equal(fault(file, '#topics'), undefined);
  t.equal(fault(file, 'schemas'), undefined);
  t.equal(fault(file, 'absent.md'), 'no such file');
  t.equal(fault(file, '#absent'), 'no such heading');
  t.equal(fault(file, '../..'), 'outside of the repository');
});
