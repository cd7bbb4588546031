import type { z } from 'zod';

/** What a command is given while it runs. */
export interface CommandContext {
  /** Aborted when the command's time is up or the agent stops. */
  readonly signal: AbortSignal;
  /** Has something done once the answer has been handed to the connection: a restart, for one. */
  afterAnswer(work: () => void): void;
}

/** A command as the receiver runs it. */
export interface Command {
  /** Flat: every key that a request may hold beside `transaction`, each described as completing "expected …". */
  readonly args: z.ZodObject;
  readonly timeLimitMs: number;
  /**
   * Takes what `args` made of the request. Resolves to the answer's data: plain JSON, without secrets. A
   * CommandError is told to the requester as it is.
   */
  run(args: never, context: CommandContext): Promise<object>;
}
