import { compareModels } from '../validate/compare-models.js';
import type { ModelAgreement } from './models-convert.js';

/** The agreement that `validate --against` prints. */
export const modelAgreement: ModelAgreement = async ({ config, candidate, reference, source, limit }) => {
  const choices = { candidate: { config, model: candidate }, reference: { config, model: reference } };
  return (await compareModels({ ...choices, source, limit })).agreement;
};
