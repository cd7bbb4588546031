import { AgentError, type ErrorCode, errorRegistry } from '../errors.js';

/** An addon's error under its own code; anything else is a failure of the engine. */
export function toAgentError(error: unknown): AgentError {
  const { code, message } = error as { code?: string; message?: string };
  const known = code !== undefined && code in errorRegistry;
  return new AgentError(known ? (code as ErrorCode) : 'ENGINE_FAILED', message ?? String(error), {
    cause: error,
  });
}
