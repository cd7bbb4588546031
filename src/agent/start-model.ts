import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import { ModelSlots } from '../models/model-slots.js';
import type { ResolvedModel } from '../models/resolve.js';
import { standsFor } from '../models/slots-state.js';
import { deployableModel } from './deployable-model.js';
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
  const { current } = await slots.read();
  if (current?.phase !== 'probation' || !standsFor(config.model.id, current.name)) {
    return { model: await find(config), notices: [], events: [] };
  }
  try {
    const model = await findOnProbation(config, await slots.countStart());
    if (!(model instanceof AgentError)) return { model, notices: [], events: [] };
    await slots.rollBack(current.name);
    const { code, message } = model;
    const notices = [`the model ${current.name} is rolled back: ${message}`];
    const events: AgentEvent[] = [{ type: 'rollback', code, message, detail: { model: current.name } }];
    return { model: await find(config), notices, events };
  } catch (error) {
    // A state folder that cannot be written must not keep the agent from starting.
    if (!(error instanceof AgentError)) throw error;
    return { model: await find(config), notices: [error.message], events: [] };
  }
}

async function findOnProbation(config: Config, starts: number): Promise<ResolvedModel | AgentError> {
  if (starts <= maxStartsOnProbation) return find(config);
  const message = `the agent went down ${maxStartsOnProbation} times during its probation`;
  return new AgentError('TRIAL_FAILED', message);
}

async function find(config: Config): Promise<ResolvedModel | AgentError> {
  try {
    return await deployableModel(config);
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
}
