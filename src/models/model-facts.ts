import type { ModelFacts } from './catalog-schema.js';

/** Only what says how a model is run, of a catalog's model or a manifest. */
export function modelFactsOf(from: ModelFacts): ModelFacts {
  const { family, skeleton, inputs, outputs, decode, detector, box_scale } = from;
  return { family, skeleton, inputs, outputs, decode, detector, box_scale };
}
