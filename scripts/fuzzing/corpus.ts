import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FuzzTarget } from './targets.js';

/** Unpacks a target's corpus, where there is one. */
export function unpackCorpus({ archive, seeds }: FuzzTarget): void {
  rmSync(seeds, { recursive: true, force: true });
  mkdirSync(seeds, { recursive: true });
  if (existsSync(archive))
    execFileSync('tar', ['--extract', '--gzip', '--file', archive, '--directory', seeds]);
}

/** Packs a folder as a target's corpus; the same files always make the same archive. */
export function packCorpus({ archive }: FuzzTarget, folder: string): void {
  mkdirSync(dirname(archive), { recursive: true });
  const owner = ['--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=644'];
  const files = readdirSync(folder).sort();
  // Through gzip itself: tar's own option writes the time into it.
  const compress = ['--use-compress-program', 'gzip --no-name --best'];
  const options = ['--create', '--format=ustar', ...owner, ...compress];
  execFileSync('tar', [...options, '--file', archive, '--directory', folder, ...files]);
}

/** The fewest inputs that reach all that the seeds and those grown here reach become the corpus. */
export function mergeCorpus(target: FuzzTarget): void {
  const merged = mkdtempSync(join(tmpdir(), 'fuzz-merge-'));
  try {
    const folders = [merged, target.seeds, target.grown].filter(existsSync);
    execFileSync(target.program, ['-set_cover_merge=1', '-timeout=25', ...folders], { stdio: 'ignore' });
    packCorpus(target, merged);
    rmSync(target.grown, { recursive: true, force: true });
  } finally {
    rmSync(merged, { recursive: true });
  }
}

/** Files and bytes of a target's corpus in the repository. */
export function measureCorpus({ archive }: FuzzTarget): { files: number; bytes: number } {
  if (!existsSync(archive)) return { files: 0, bytes: 0 };
  const list = execFileSync('tar', ['--list', '--gzip', '--file', archive], { encoding: 'utf8' });
  return { files: list.trim().split('\n').length, bytes: statSync(archive).size };
}
