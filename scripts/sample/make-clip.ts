import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Encoder } from './encoder.js';
import type { TruthFrame } from './ground-truth.js';
import type { SampleOptions } from './options.js';
import { Renderer } from './renderer.js';
import { sceneOf } from './scene.js';
import { STORY_SECONDS } from './story.js';

/** Written beside the clip: the truth about each frame. */
export interface Truth {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: readonly TruthFrame[];
}

/** The name of the truth that belongs to a clip. */
export const truthPath = (clip: string): string => clip.replace(/\.mp4$/, '.json');

/** Renders and writes the clip and its truth; `progress` hears of each finished frame. */
export async function makeClip(
  options: SampleOptions,
  progress: (done: number, whole: number) => void,
): Promise<Truth> {
  const { out, width, height, fps, seconds, seed, people } = options;
  await mkdir(dirname(out), { recursive: true });
  const encoder = new Encoder({ out, width, height, fps });
  await encoder.open();
  const renderer = new Renderer({ width, height, people: sceneOf({ seed, seconds, people }), seed });
  const frames: TruthFrame[] = [];
  const count = Math.max(1, Math.round(seconds * fps));
  for (let index = 0; index < count; index++) {
    const t = people === undefined ? (index / fps) % STORY_SECONDS : index / fps;
    const { pixels, truth } = renderer.render(t, index);
    frames.push(truth);
    await encoder.write(pixels);
    progress(index + 1, count);
  }
  await encoder.close();
  const truth = { width, height, fps, frames };
  await writeFile(truthPath(out), `${JSON.stringify(truth)}\n`);
  return truth;
}
