import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Catalog, checksumOf, loadCatalog, mainRole, totalBytes } from '../../src/models/catalog.js';
import { toSkeleton } from '../../src/models/skeleton-field.js';
import { skeletons } from '../../src/pose/skeletons.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';
import { tinyCatalog } from '../support/tiny-catalog.js';

const path = join(import.meta.dirname, '../../models/catalog.json');

t.test('every model that the agent promises', async (t) => {
  const catalog = loadCatalog();
  t.same(
    catalog.entries.map(({ name }) => name),
    [
      'human-pose-estimation-0001',
      'human-pose-estimation-0001/FP16',
      'human-pose-estimation-0001/FP32',
      'human-pose-estimation-0005',
      'human-pose-estimation-0005/FP32',
      'human-pose-estimation-0006',
      'human-pose-estimation-0006/FP32',
      'human-pose-estimation-0007',
      'human-pose-estimation-0007/FP32',
      'blazepose-lite',
      'blazepose-full',
      'blazepose-heavy',
    ],
  );
  t.same(
    catalog.auto.map(({ name }) => name),
    ['human-pose-estimation-0001', 'blazepose-full'],
  );
  t.equal(catalog.find('human-pose-estimation-0001').variant, 'FP16-INT8');
  t.equal(catalog.find('human-pose-estimation-0001/FP16-INT8').name, 'human-pose-estimation-0001');
  for (const entry of catalog.entries) {
    const roles = entry.files.map(({ role }) => role);
    t.same(
      roles,
      entry.model.family === 'blazepose' ? ['detector', 'landmarks'] : ['xml', 'bin'],
      entry.name,
    );
    t.ok(Object.values(skeletons).includes(toSkeleton(entry.model.skeleton)), entry.name);
    t.ok(totalBytes(entry.files) > 4e6);
    for (const role of Object.keys(entry.model.inputs)) t.ok((roles as string[]).includes(role));
  }
  t.equal(mainRole({ xml: 1, bin: 1 }), 'xml');
  t.equal(mainRole({ detector: 1, landmarks: 1 }), 'landmarks');
});

t.test('sizes, checksums and addresses are the official ones', { skip: withoutSharedData }, async (t) => {
  const shared = sharedData();
  const list = readFileSync(join(shared, 'models/official-files.md'), 'utf8');
  const files = loadCatalog().entries.flatMap((entry) => entry.files.filter(({ url }) => url !== undefined));
  t.equal(files.length, 18);
  for (const file of files) {
    const row = list.split('\n').find((line) => line.includes(`${file.url} |`)) ?? '';
    t.ok(row.includes(`| ${file.bytes} |`), `${file.path} has ${file.bytes} bytes`);
    t.ok(row.includes(checksumOf(file).hex), `${file.path} has the checksum`);
    t.ok(file.url?.endsWith(`/${file.path}`));
  }
});

t.test('a catalog with a mistake is refused', async (t) => {
  const broken = (change: (catalog: ReturnType<typeof parse>) => void) => {
    const catalog = parse();
    change(catalog);
    return () => new Catalog(catalog);
  };
  const parse = () => JSON.parse(readFileSync(path, 'utf8'));
  const file = (catalog: ReturnType<typeof parse>) => catalog.models[0].variants['FP16-INT8'].files[0];
  t.doesNotThrow(broken(() => undefined));
  for (const bad of ['../x.xml', '/etc/x.xml', 'a/../x.xml', 'a/b\0.xml', 'x.xml', 'a//b']) {
    t.throws(
      broken((catalog) => (file(catalog).path = bad)),
      bad,
    );
  }
  t.throws(
    broken((catalog) => (file(catalog).sha384 = 'a'.repeat(96))),
    'two checksums',
  );
  t.throws(
    broken((catalog) => delete file(catalog).sha256),
    'no checksum',
  );
  t.throws(
    broken((catalog) => delete file(catalog).url),
    'no source',
  );
  t.throws(broken((catalog) => (file(catalog).url = 'file:///etc/passwd')));
  t.throws(broken((catalog) => (file(catalog).bytes = 0)));
  t.throws(
    broken((catalog) => (file(catalog).role = 'bin')),
    'a role twice',
  );
  t.throws(
    broken((catalog) => (catalog.models[1].id = catalog.models[0].id)),
    'an id twice',
  );
  t.throws(broken((catalog) => (catalog.auto = ['other'])));
  t.throws(broken((catalog) => (catalog.models[0].default_variant = 'other')));
  t.throws(broken((catalog) => (catalog.models[0].more = 1)));
});

t.test('the tests’ own catalog is one', async (t) => {
  t.same(
    tinyCatalog('http://h').entries.map(({ name }) => name),
    ['net', 'packed'],
  );
});
