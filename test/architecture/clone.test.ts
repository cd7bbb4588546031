import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import t from 'tap';

/** The test command passes in every clone: nothing of it may ask where it runs, but in the places meant for that. */
const root = resolve(import.meta.dirname, '../..');
const self = relative(root, import.meta.filename);

function linesOf(folders: readonly string[]): { place: string; file: string; line: string }[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .filter((file) => file !== self)
      .sort()
      .flatMap((file) => {
        const lines = readFileSync(join(root, file), 'utf8').split('\n');
        return lines.map((line, index) => ({ place: `${file}:${index + 1}`, file, line }));
      }),
  );
}

const everything = linesOf(['src', 'test', 'scripts', 'native', '.ci']);
const places = (pattern: RegExp, except: readonly string[] = []): string[] =>
  everything
    .filter(({ file, line }) => pattern.test(line) && !except.includes(file))
    .map(({ place }) => place);

t.test('nothing reads whether this is a CI', async (t) => {
  const reads = /\benv(ironment)?\s*(\.\s*CI\b|\[\s*['"]CI['"])|getenv\("CI"\)|\$\{?CI\b/;
  t.same(places(reads), []);
  for (const line of ["process.env.CI === 'true'", 'getenv("CI")', `[[ -n ${'$'}{CI:-} ]]`, 'env["CI"]']) {
    t.match(line, reads);
  }
  t.notMatch('process.env.CITY', reads);
});

t.test('the folder beside the checkout is looked for in one place a language', async (t) => {
  const shared = /\.\.\/shared\b|\bEDGE_POSE_SHARED\b/;
  const allowed = [
    'test/support/shared-data.ts',
    'native/test/CMakeLists.txt',
    'native/test/shared_data.h',
    'src/config/read-environment.ts',
    'test/config/load-config.test.ts', // that name alone
    'scripts/suites/clone.ts',
    '.ci/run',
  ];
  const others = places(shared, allowed).filter(
    (place) => !/^(native\/bench|scripts\/(targets|measure))/.test(place),
  );
  t.same(others, []);
});

t.test('a test looks at what a requirement answers', async (t) => {
  const ignored = /^\s*(await )?(\w+\.)?require[A-Z]?\w*\(t[,)]/;
  t.same(places(ignored), []);
  t.match('  requireStrace(t);', ignored);
  t.match('  await Mosquitto.require(t);', ignored);
  t.notMatch('  if (!requireStrace(t)) return;', ignored);
});

t.test('a file that reads the shared data says of its tests that they need it', async (t) => {
  const has = (pattern: RegExp) =>
    new Set(everything.filter(({ line }) => pattern.test(line)).map(({ file }) => file));
  const skipped = has(/skip: withoutSharedData\b/);
  const needy = [...has(/\b(sharedData|goldenCases?)(<\w+>)?\(/)].filter((file) => file.endsWith('.test.ts'));
  t.ok(needy.length > 10, `${needy.length} files`);
  t.same(
    needy.filter((file) => !skipped.has(file)),
    [],
  );
});
