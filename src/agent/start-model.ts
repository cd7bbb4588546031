import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import { ModelSlots } from '../models/model-slots.js';
import { type ResolvedModel, resolveInstalled } from '../models/resolve.js';
import type { AgentEvent } from './remote-config.js';
import { maxStartsOnProbation } from './start-config.js';

export interface StartModel {
  /** Or why it is not to be had. */
  model: ResolvedModel | AgentError;
  /** What the log should say of how it was come by. */
  notices: readonly string[];
  /** What is to be published of it. */
  events: readonly AgentEvent[];
}

/** The model to start with. One on probation that brought the agent down again and again, or that is damaged, is rolled
 *  back first. */
export async function startModel(config: Config): Promise<StartModel> {
  const slots = new ModelSlots({ stateDir: config.state_dir });
  const notices: string[] = [];
  const events: AgentEvent[] = [];
  const rollBack = async (message: string): Promise<void> => {
    const model = (await slots.rollBack())?.from ?? null;
    notices.push(`the model ${model} is rolled back: ${message}`);
    events.push({ type: 'rollback', code: 'TRIAL_FAILED', message, detail: { model } });
  };
  try {
    const starts = await slots.countStart();
    if (starts > maxStartsOnProbation) {
      await rollBack(`the agent went down ${maxStartsOnProbation} times during its probation`);
    }
    const model = await find(config);
    if (!(model instanceof AgentError) || starts === 0 || starts > maxStartsOnProbation)
      return { model, notices, events };
    await rollBack(model.message);
  } catch (error) {
    // A state folder that cannot be written must not keep the agent from starting.
    if (!(error instanceof AgentError)) throw error;
    notices.push(error.message);
  }
  return { model: await find(config), notices, events };
}

async function find({ model, state_dir: stateDir }: Config): Promise<ResolvedModel | AgentError> {
  try {
    return await resolveInstalled(model.id, { stateDir });
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
}
