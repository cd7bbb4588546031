import { AgentError } from '../errors.js';
import { CommandError, type CommandErrorCode } from './command-error.js';
import type { CommandResponsePayload } from './payloads.js';

/** What a requester is told, but for its own name for the request. */
export type CommandAnswer = Omit<CommandResponsePayload, 'transaction'>;

export function success(data: object): CommandAnswer {
  return { status: 'ok', code: 200, data: data as Record<string, unknown> };
}

export function failure(code: CommandErrorCode, message: string): CommandAnswer {
  return { status: 'error', code, message, data: null };
}

/**
 * What a requester is told of an error, passed through `redact`: of one that nobody foresaw, only that there was
 * one, since its message may say anything.
 */
export function failureOf(error: unknown, redact: (text: string) => string): CommandAnswer {
  if (error instanceof AgentError) return failure(500, redact(`${error.code}: ${error.message}`));
  if (!(error instanceof CommandError)) return failure(500, 'failed inside the agent; its log says why');
  const answer = failure(error.code, redact(error.message));
  if (error.errors.length === 0) return answer;
  const errors = error.errors.map(({ path, expected, found }) => ({
    path: redact(path),
    expected: redact(expected),
    found: redact(found),
  }));
  return { ...answer, errors };
}

/** The payload of an answer, or of another that says why it cannot be sent in `maxBytes`. Throws TypeError where
 *  the data is no JSON. */
export function answerText(answer: CommandAnswer, transaction: string | null, maxBytes: number): string {
  const text = JSON.stringify({ ...answer, transaction });
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  const tooLarge = failure(413, `an answer of ${bytes} bytes, at most ${maxBytes} can be sent`);
  return JSON.stringify({ ...tooLarge, transaction });
}
