import type { Command } from './command.js';
import { CommandError } from './command-error.js';

/** A command that runs. */
export interface CommandRun {
  /** The answer's data; rejects with what the command threw, or CommandError 504 when its time was up. */
  readonly data: Promise<object>;
  /** Resolves when the work has ended, which may be long after its time was up. */
  readonly ended: Promise<void>;
  /** Does what the command wants done when it has been answered. */
  afterAnswer(): void;
  abort(): void;
}

/** Starts a command; `args` is what its schema made of the request. */
export function runCommand({ run, timeLimitMs }: Command, args: object): CommandRun {
  const controller = new AbortController();
  const tasks: (() => void)[] = [];
  const context = {
    signal: controller.signal,
    afterAnswer: (task: () => void): void => {
      tasks.push(task);
    },
  };
  // In a function of its own, so that what is thrown at once is a rejection too.
  const work = (async () => run(args as never, context))();
  const ended = work.then(
    () => {},
    () => {},
  );
  const timeUp = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      controller.abort();
      reject(new CommandError(504, `took longer than ${timeLimitMs / 1000} s, and may still be done`));
    }, timeLimitMs);
    void ended.then(() => clearTimeout(timer));
  });
  return {
    data: Promise.race([work, timeUp]),
    ended,
    afterAnswer: () => {
      for (const task of tasks) setImmediate(task);
    },
    abort: () => controller.abort(),
  };
}
