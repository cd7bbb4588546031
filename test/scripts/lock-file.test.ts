import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';

const root = resolve(import.meta.dirname, '../..');

interface Package {
  version?: string;
  integrity?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Package>;
};

/** Where Node finds `name` from a package: in its own node_modules, else in one further up. */
function find(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === '' || !folder.includes('node_modules/')) return undefined;
  }
}

t.test('the lock file names every package, those of other systems too', async (t) => {
  const missing: string[] = [];
  for (const [path, { dependencies, devDependencies, optionalDependencies }] of Object.entries(packages)) {
    const wanted = { ...dependencies, ...optionalDependencies, ...(path === '' ? devDependencies : {}) };
    for (const name of Object.keys(wanted)) {
      if (find(path, name) === undefined) missing.push(`${name}, which ${path || 'this package'} wants`);
    }
  }
  // `npm ci` refuses a lock file without them, and `npm install` would choose their versions by itself.
  t.same(missing, []);
});

t.test('every package of the lock file has a checksum, and none an address', async (t) => {
  const entries = Object.entries(packages).filter(([path]) => path !== '');
  t.ok(entries.length > 400, `${entries.length} packages`);
  t.same(
    entries.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? '')).map(([path]) => path),
    [],
  );
  t.same(
    entries.filter(([, entry]) => 'resolved' in entry).map(([path]) => path),
    [],
  );
});
