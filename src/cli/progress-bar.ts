import type { PullProgress } from '../models/pull.js';

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A bar for people who watch; nothing in a pipe. */
export function progressBar(): { show(progress: PullProgress): void; end(): void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { show: () => undefined, end: () => undefined };
  let shownAt = 0;
  return {
    show({ file, received, total }) {
      if (Date.now() - shownAt < 100 && received < total) return;
      shownAt = Date.now();
      const done = Math.round((received / total) * 30);
      const bar = `${'#'.repeat(done)}${'.'.repeat(30 - done)}`;
      stderr.write(`\r\x1b[K[${bar}] ${megabytes(received)} of ${megabytes(total)}  ${file}`);
    },
    end() {
      stderr.write('\r\x1b[K');
    },
  };
}
