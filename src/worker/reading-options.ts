import type { SourceOptions } from '../camera/create-frame-source.js';
import type { WholePictureInput } from './camera-picture.js';
import type { WorkerCamera } from './messages.js';

/** All that is said of how a camera is read, beside what it is and what it is called. */
export type ReadingWishes = Omit<WorkerCamera, 'number' | 'id' | 'source' | 'picture' | 'firstSeq'>;

/** What a source is to know of whoever looks at its frames. */
export interface Reader {
  /** What the network takes of a picture; undefined where it needs all of it. */
  readonly input: WholePictureInput | undefined;
  readonly enough: SourceOptions['enough'] & {};
}

/**
 * A camera's source with all that is said of it: whoever opens a camera by these reads it as the worker does. The names of
 * `forgotten` are a complaint of the compiler's: each wish has to be handed on here.
 */
export function readingOptions(wishes: ReadingWishes, { input, enough }: Reader): SourceOptions {
  const { policy, loop, pace, width, height, fps, transport, decoder, timeoutSeconds, ...forgotten } = wishes;
  forgotten satisfies Record<string, never>;
  return {
    policy,
    loop,
    pace,
    enough,
    ...(input === undefined ? {} : { input }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(fps === undefined ? {} : { fps }),
    ...(transport === undefined ? {} : { transport }),
    ...(decoder === undefined ? {} : { decoder }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
}
