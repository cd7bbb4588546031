import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadCatalog } from '../../src/models/catalog.js';
import { type ManifestDraft, makeManifest } from '../../src/models/make-manifest.js';
import { readManifest } from '../../src/models/read-manifest.js';
import { digest, tinyFiles } from '../support/tiny-catalog.js';

function setUp(t: Test) {
  const folder = t.testdir({ 'hall.xml': tinyFiles.xml.toString(), 'no name.bin': 'x', 'empty.bin': '' });
  writeFileSync(join(folder, 'hall.bin'), tinyFiles.bin);
  const file = (role: string, name: string) => ({ role, path: join(folder, name) });
  const draft: ManifestDraft = {
    model: 'hall',
    version: 3,
    facts: loadCatalog().find('human-pose-estimation-0001').model,
    files: [file('xml', 'hall.xml'), file('bin', 'hall.bin')],
    urlBase: 'https://models.example.com/hall/3/',
    expires: new Date('2199-01-01T00:00:00Z'),
  };
  return { draft, file };
}

t.test('a manifest of files, as a device reads it', async (t) => {
  const { draft } = setUp(t);
  t.match(readManifest(await makeManifest(draft)), {
    model: 'hall',
    version: 3,
    family: 'openpose',
    licence: { name: 'Apache-2.0' },
    inputs: { xml: { height: 256 } },
    files: [
      {
        role: 'xml',
        path: 'hall/3/hall.xml',
        bytes: tinyFiles.xml.length,
        sha256: digest(tinyFiles.xml),
        url: 'https://models.example.com/hall/3/hall.xml',
      },
      { role: 'bin', sha256: digest(tinyFiles.bin), url: 'https://models.example.com/hall/3/hall.bin' },
    ],
    expires: '2199-01-01T00:00:00.000Z',
  });
});

t.test('what a device would refuse', async (t) => {
  const { draft, file } = setUp(t);
  const [xml] = draft.files;
  const bin = (name: string) => ({ ...draft, files: [xml, file('bin', name)] as ManifestDraft['files'] });
  const cases: [string, ManifestDraft][] = [
    ['MODEL_MANIFEST_INVALID', { ...draft, model: '../hall' }],
    ['MODEL_MANIFEST_INVALID', { ...draft, version: 0 }],
    ['MODEL_MANIFEST_INVALID', { ...draft, urlBase: 'ftp://models.example.com' }],
    ['MODEL_MANIFEST_INVALID', { ...draft, urlBase: 'https://user:password@models.example.com' }],
    ['MODEL_MANIFEST_INVALID', { ...draft, facts: {} }],
    ['MODEL_MANIFEST_INVALID', { ...draft, files: [] }],
    ['MODEL_MANIFEST_INVALID', { ...draft, files: [file('engine', 'hall.xml')] }],
    ['MODEL_MANIFEST_INVALID', bin('no name.bin')],
    ['MODEL_MANIFEST_INVALID', bin('empty.bin')],
    ['MODEL_SHAPE_MISMATCH', { ...draft, files: [file('xml', 'hall.xml')] }],
    ['MODEL_SHAPE_MISMATCH', { ...draft, facts: loadCatalog().find('blazepose-full').model }],
    ['MODEL_UNREADABLE', bin('absent.bin')],
    ['MODEL_UNREADABLE', bin('.')],
  ];
  for (const [code, one] of cases) await t.rejects(makeManifest(one), { code });
});
