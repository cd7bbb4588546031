import type { AgentError } from '../errors.js';
import type { ModelSlots } from '../models/model-slots.js';
import { redactUrls } from '../telemetry/redact-urls.js';
import type { AgentEvent } from './remote-config.js';

export interface ModelRollBack {
  /** For the log. */
  reason: string;
  /** What is to be published of it. */
  event: AgentEvent;
  /** False where it is in effect, but not on disk yet. */
  stored: boolean;
}

/** Leaves a model that failed for the one before it; needs no disk. What is said of it is what happened. */
export async function rollBackModel(
  slots: ModelSlots,
  model: string,
  failure: AgentError,
): Promise<ModelRollBack> {
  const done = await slots.rollBack({ from: model, evenUnwritten: true });
  const notes = [redactUrls(failure.message)];
  if (done?.passedOver !== undefined) notes.push(`the one before was passed over: ${done.passedOver}`);
  if (done?.unwritten) notes.push(`rolled back, but not stored yet: ${done.unwritten.message}`);
  const reason = notes.join('; ');
  const stored = done?.unwritten === undefined;
  const detail = stored ? { model } : { model, stored };
  return { reason, stored, event: { type: 'rollback', code: failure.code, message: reason, detail } };
}
