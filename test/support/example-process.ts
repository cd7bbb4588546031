import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/** A program out of the documentation, as a reader runs it. */
export class ExampleProcess {
  stderr = '';
  readonly #child: ChildProcessWithoutNullStreams;
  #stdout = '';

  /** Starts it; `input` is given on its standard input. */
  constructor([program, ...args]: readonly [string, ...string[]], options: { cwd: string; input?: string }) {
    // In a group of its own, so that a shell's children end with it.
    this.#child = spawn(program, args, { cwd: options.cwd, detached: true });
    this.#child.stdin.on('error', () => {}); // it may end without reading anything
    this.#child.stdout.setEncoding('utf8').on('data', (part: string) => {
      this.#stdout += part;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (part: string) => {
      this.stderr += part;
    });
    this.#child.stdin.end(options.input ?? '');
  }

  /** The whole lines that it has printed. */
  get lines(): string[] {
    return this.#stdout.split('\n').slice(0, -1);
  }

  stop(): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
  }
}
