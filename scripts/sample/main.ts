import { makeClip, truthPath } from './make-clip.js';
import { HELP, parseOptions, UsageError } from './options.js';

/** The command; returns its exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === undefined) {
      process.stdout.write(HELP);
      return 0;
    }
    const began = performance.now();
    const truth = await makeClip(options, showProgress);
    const took = ((performance.now() - began) / 1000).toFixed(1);
    const { out, width, height } = options;
    process.stdout.write(
      `${out} and ${truthPath(out)}: ${truth.frames.length} frames, ${width}x${height}, in ${took} s\n`,
    );
    return 0;
  } catch (error) {
    process.stderr.write(`make-sample: ${(error as Error).message}\n`);
    if (error instanceof UsageError) process.stderr.write('Try make-sample --help.\n');
    return error instanceof UsageError ? 2 : 1;
  }
}

function showProgress(done: number, whole: number): void {
  if (!process.stderr.isTTY || (done % 5 !== 0 && done !== whole)) return;
  process.stderr.write(done === whole ? '\r\x1b[K' : `\rframe ${done} of ${whole}`);
}

process.exitCode = await main(process.argv.slice(2));
