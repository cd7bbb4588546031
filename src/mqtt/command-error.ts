import type { ArgumentProblem } from './payloads.js';

/** What a request can fail with; the meaning of each is that of HTTP's status of the same number. */
export type CommandErrorCode = 400 | 403 | 404 | 409 | 413 | 429 | 500 | 503 | 504 | 507;

/** A refusal or failure whose code and message the requester is told. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: CommandErrorCode;
  /** What is wrong with the arguments, one by one. */
  readonly errors: readonly ArgumentProblem[];

  constructor(code: CommandErrorCode, message: string, errors: readonly ArgumentProblem[] = []) {
    super(message);
    this.code = code;
    this.errors = errors;
  }
}
