import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import { ModelSlots } from '../models/model-slots.js';
import type { ResolvedModel } from '../models/resolve.js';
import { standsFor } from '../models/slots-state.js';
import { deployableModel } from './deployable-model.js';
import type { AgentEvent } from './remote-config.js';
import { rollBackModel } from './roll-back-model.js';
import { maxStartsOnProbation } from './start-config.js';

export interface StartModel {
  /** Or why it is not to be had. */
  model: ResolvedModel | AgentError;
  /** What the log should say of how it was come by. */
  notices: readonly string[];
  /** What is to be published of it. */
  events: readonly AgentEvent[];
}

export interface StartModelOptions {
  /** Configurations are judged first: a model on probation waits, and the one before it runs meanwhile. */
  configOnProbation?: boolean;
}

/**
 * The model to start with. One on probation that brought the agent down again and again, that is damaged, or whose
 * starts cannot be counted, is rolled back first: a start that leaves no trace could be repeated without end.
 */
export async function startModel(
  config: Config,
  { configOnProbation = false }: StartModelOptions = {},
): Promise<StartModel> {
  const slots = new ModelSlots({ stateDir: config.state_dir });
  const { current, faults } = await slots.read();
  const notices = [...faults];
  if (current?.phase !== 'probation' || !standsFor(config.model.id, current.name)) {
    return { model: await find(config), notices, events: [] };
  }
  if (configOnProbation) {
    const before = await find(config, null);
    notices.push(`the model ${current.name} is tried when the configuration is judged`);
    // Without a model that was there before, both are tried at once; the configuration is the one that is judged.
    const model = before instanceof AgentError ? await find(config) : before;
    return { model, notices, events: [] };
  }
  const model = await findOnProbation(config, slots);
  if (!(model instanceof AgentError)) return { model, notices, events: [] };
  const { reason, event } = await rollBackModel(slots, current.name, model);
  notices.push(`the model ${current.name} is rolled back: ${reason}`);
  return { model: await find(config), notices, events: [event] };
}

async function findOnProbation(config: Config, slots: ModelSlots): Promise<ResolvedModel | AgentError> {
  const failure = await countedStart(slots);
  return failure ?? find(config);
}

/** Counts one more start with the model on probation; returns why it is not to be tried again, if so. */
export async function countedStart(slots: ModelSlots): Promise<AgentError | undefined> {
  try {
    if ((await slots.countStart()) <= maxStartsOnProbation) return undefined;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return new AgentError('TRIAL_FAILED', `its starts cannot be counted: ${error.message}`);
  }
  const message = `the agent went down ${maxStartsOnProbation} times during its probation`;
  return new AgentError('TRIAL_FAILED', message);
}

async function find(config: Config, proving?: null): Promise<ResolvedModel | AgentError> {
  try {
    return await deployableModel(config, proving);
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
}
