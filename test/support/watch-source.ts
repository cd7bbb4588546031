import { createFrameSource, type SourceOptions } from '../../src/camera/create-frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import type { AgentError } from '../../src/errors.js';
import { type SeenFrame, seen } from './encoded-clip.js';

export interface WatchOptions extends SourceOptions {
  /** Ends with so many frames. */
  readonly frames: number;
  /** Ends after that, in ms, whatever came. */
  readonly timeoutMs: number;
}

export interface Watched {
  readonly frames: readonly SeenFrame[];
  /** Why it could not be opened, or ended. */
  readonly error?: AgentError;
  readonly encoding?: string | null | undefined;
}

/** Opens a source and looks at its frames. */
export async function watchSource(
  source: string,
  { frames, timeoutMs, ...options }: WatchOptions,
): Promise<Watched> {
  const camera = createFrameSource(parseSource(source), options);
  const end = setTimeout(() => void camera.close(), timeoutMs);
  const found: SeenFrame[] = [];
  try {
    await camera.open();
    while (found.length < frames) {
      const frame = await camera.read();
      if (frame === null) break;
      found.push(seen(frame));
      frame.release();
    }
    return { frames: found, encoding: camera.format?.encoding };
  } catch (error) {
    return { frames: found, error: error as AgentError };
  } finally {
    clearTimeout(end);
    await camera.close();
  }
}

/** How many of these frames follow the one before them by one number. */
export function inOrder(frames: readonly SeenFrame[]): number {
  return frames.filter(({ number }, i) => i > 0 && number === (frames[i - 1] as SeenFrame).number + 1).length;
}
