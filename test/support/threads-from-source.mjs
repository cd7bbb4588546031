/** Preloaded beside tsx, which leaves threads alone: they run from TypeScript, too. */
import { isMainThread } from 'node:worker_threads';

if (!isMainThread) {
  const { register } = await import('tsx/esm/api');
  register();
}
