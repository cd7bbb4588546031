import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Figure, p1, p2, p4, p5, p6and7, p8, type Settings } from './targets.js';

/** P3, the decoder against its reference, is native/bench: see docs/performance.md. */
const targets: Record<string, (settings: Settings) => Promise<Figure | Figure[]>> = {
  P1: p1,
  P2: p2,
  P4: p4,
  P5: p5,
  P6: p6and7,
  P8: p8,
};

const { values, positionals } = parseArgs({
  options: { clip: { type: 'string' }, rounds: { type: 'string', default: '5' }, json: { type: 'boolean' } },
  allowPositionals: true,
});
const clip = resolve(values.clip ?? 'media/sample.mp4');
if (!existsSync(clip)) throw new Error(`${clip} does not exist: name a clip with --clip`);

const figures: Figure[] = [];
for (const [id, measure] of Object.entries(targets)) {
  if (positionals.length > 0 && !positionals.includes(id)) continue;
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${id} …`);
  const found = [await measure({ clip, rounds: Number(values.rounds) })].flat();
  figures.push(...found);
  if (values.json) continue;
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  for (const { id: name, what, measured, target, met } of found) {
    process.stdout.write(`${met ? 'met   ' : 'missed'}  ${name}  ${what}: ${measured}, target ${target}\n`);
  }
}
if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
