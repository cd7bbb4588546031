import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { countGoogleTest, countTap } from './counts.js';
import { root, type Suite } from './suite.js';

/** The files of the TypeScript suite that look at the folder with golden data, themselves or through what they import. */
export function testsWithSharedData(): string[] {
  const needs = new Map<string, boolean>([[join(root, 'test/support/shared-data.ts'), true]]);
  const looks = (file: string): boolean => {
    const known = needs.get(file);
    if (known !== undefined) return known;
    needs.set(file, false);
    const imports = [...readFileSync(file, 'utf8').matchAll(/from '(\.{1,2}\/[^']+)\.js'/g)];
    const found = imports.some(([, path]) => {
      const imported = join(file, '..', `${path}.ts`);
      return imported.startsWith(join(root, 'test/')) && looks(imported);
    });
    needs.set(file, found);
    return found;
  };
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(root, 'test', file))
    .filter(looks)
    .map((file) => relative(root, file))
    .sort();
}

/** Nothing of what a stranger's machine has is as on ours: what a program finds out of its environment is another. */
const elsewhere = {
  EDGE_POSE_SHARED: join(root, 'build/no-shared-data'),
  EDGE_POSE_REQUIRE_SHARED: undefined,
  TZ: 'Asia/Kathmandu',
  LANG: 'tr_TR.UTF-8',
  LC_ALL: 'C',
  TERM: 'dumb',
  FORCE_COLOR: '3',
  NO_COLOR: undefined,
};

/** What a plain clone without the golden data has otherwise, on a CI and at a desk. */
export function cloneSuites(): Suite[] {
  const tap = join(root, 'node_modules/.bin/tap');
  return [
    { where: 'on a CI', env: { ...elsewhere, CI: 'true', GITHUB_ACTIONS: 'true' } },
    { where: 'at a desk', env: { ...elsewhere, CI: undefined, GITHUB_ACTIONS: undefined } },
  ].flatMap(({ where, env }): Suite[] => [
    {
      name: `native core of a plain clone, ${where}`,
      command: 'build/test/native/test/pose_tests',
      args: ['--gtest_color=no'],
      env,
      count: countGoogleTest,
    },
    {
      name: `TypeScript of a plain clone, ${where}`,
      command: tap,
      args: ['--reporter=tap', ...testsWithSharedData()],
      env,
      count: countTap,
    },
  ]);
}
