import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

/** One way in which a file can be damaged; `other` is another file, for those that need one. */
export interface FileDamage {
  readonly name: string;
  readonly inflict: (path: string, other: string) => void;
  /** What a person may have written just so: undetectable in a file that people write. */
  readonly plausible?: boolean;
}

function overwrite(path: string, at: number, change: (bytes: Buffer) => Buffer, length: number): void {
  const file = openSync(path, 'r+');
  try {
    const bytes = Buffer.alloc(length);
    const read = readSync(file, bytes, 0, length, at);
    writeSync(file, change(bytes.subarray(0, read)), 0, read, at);
  } finally {
    closeSync(file);
  }
}

function flip(part: number): FileDamage['inflict'] {
  return (path) => {
    const { size } = statSync(path);
    if (size === 0) return;
    const at = Math.min(size - 1, Math.floor(size * part));
    overwrite(path, at, (bytes) => Buffer.from(bytes.map((byte) => byte ^ 0x04)), 1);
  };
}

function zero(part: number, most: number): FileDamage['inflict'] {
  return (path) => {
    const { size } = statSync(path);
    const length = Math.min(most, Math.ceil(size / 4));
    if (length > 0) overwrite(path, Math.floor(size * part), (bytes) => bytes.fill(0), length);
  };
}

/** Instead of the file, which is gone. */
function replaced(make: (path: string) => void): FileDamage['inflict'] {
  return (path) => {
    rmSync(path);
    make(path);
  };
}

/** What a disk, a power loss or a hand can do to a file. */
export const fileDamages: readonly FileDamage[] = [
  { name: 'a bit flipped near the start', inflict: flip(0.02), plausible: true },
  { name: 'a bit flipped in the middle', inflict: flip(0.5), plausible: true },
  { name: 'a bit flipped near the end', inflict: flip(0.97), plausible: true },
  { name: '32 KiB zeroed at the start', inflict: zero(0, 32 * 1024) },
  { name: '256 KiB zeroed in the middle', inflict: zero(0.5, 256 * 1024) },
  {
    name: 'cut in half',
    inflict: (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
    plausible: true,
  },
  { name: 'emptied', inflict: (path) => truncateSync(path, 0), plausible: true },
  { name: 'gone', inflict: (path) => rmSync(path) },
  {
    name: 'swapped with another',
    inflict: (path, other) => {
      renameSync(path, `${path}.swap`);
      renameSync(other, path);
      renameSync(`${path}.swap`, other);
    },
  },
  {
    name: 'written over by another',
    inflict: (path, other) => {
      writeFileSync(path, readFileSync(other));
    },
  },
  { name: 'a folder in its place', inflict: replaced((path) => mkdirSync(path)) },
  { name: 'a dangling link in its place', inflict: replaced((path) => symlinkSync('nowhere', path)) },
  {
    name: 'a pipe in its place',
    inflict: replaced((path) => execFileSync('mkfifo', ['-m', '666', path])),
  },
  { name: 'made unreadable', inflict: (path) => chmodSync(path, 0) },
  { name: 'grown to 4 GiB', inflict: (path) => truncateSync(path, 4 * 2 ** 30) },
];
