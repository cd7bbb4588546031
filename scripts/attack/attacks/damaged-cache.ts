import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../../../test/support/wait-for.js';
import type { Arena } from '../arena.js';
import type { Attack, Outcome } from '../attack.js';
import type { Victim } from '../victim.js';

/** A tracker goes by the time of day, so that later frames differ from run to run anyway. */
const frames = 1;
const kibibyte = 1024;

/** Where zeros are written into a compiled model that the agent keeps: from a fraction of its size on. */
const damages = [
  { what: '32 KiB of zeros near its start', from: 0.01, bytes: 32 * kibibyte },
  { what: '256 KiB of zeros in its middle', from: 0.5, bytes: 256 * kibibyte },
  { what: '64 KiB of zeros before its end', from: 0.9, bytes: 64 * kibibyte },
];

export const damagedCache: Attack = {
  title: 'a damaged cache of compiled models',
  async run(arena) {
    const first = await play(arena);
    const { folder } = first.victim.agent;
    const again = await play(arena, folder);
    if (again.poses.join() !== first.poses.join()) throw new Error('two runs without damage differ');
    const files = cacheFiles(join(folder, 'state'));
    if (files.length === 0) throw new Error('no compiled model was kept');
    const outcomes: Outcome[] = [];
    for (const { what, from, bytes } of damages) {
      const whole = files.map((path) => ({ path, content: readFileSync(path) }));
      for (const { path, content } of whole) zero(path, Math.floor(content.length * from), bytes);
      const { poses } = await play(arena, folder);
      const held = poses.join() === first.poses.join();
      const seen = poses.length === 0 ? 'no poses' : held ? 'the same poses' : 'other poses';
      outcomes.push({ what, held, seen });
      for (const { path, content } of whole) writeFileSync(path, content);
    }
    return outcomes;
  },
};

/** The people in the first frame of the sample. */
async function play(arena: Arena, folder?: string): Promise<{ victim: Victim; poses: string[] }> {
  const victim = await arena.victim({
    args: ['--frames', String(frames), '--pace', 'max'],
    ...(folder === undefined ? {} : { folder }),
  });
  await victim.agent.done;
  const poses = (): string[] =>
    (victim.observer?.messages ?? [])
      .filter(({ topic }) => topic.endsWith('/pose'))
      .map(({ text }) => JSON.stringify((JSON.parse(text) as { people: unknown }).people));
  await waitFor('the last pose', () => poses().length >= frames, 3000).catch(() => {});
  return { victim, poses: poses() };
}

function cacheFiles(stateDir: string): string[] {
  const cache = join(stateDir, 'cache');
  if (!existsSync(cache)) return [];
  return readdirSync(cache, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).size > 512 * kibibyte);
}

function zero(path: string, from: number, bytes: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(bytes), 0, bytes, from);
  closeSync(file);
}
