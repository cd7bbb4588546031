import { AgentError } from '../errors.js';
import { cocoSigmas } from '../pose/coco-sigmas.js';
import type { Instance } from '../pose/instance.js';
import type { FlatKeypoints } from '../pose/oks.js';

/** Which keypoints are compared, in which order, and where a model has them. */
export class KeypointOrder {
  /** One a keypoint. */
  readonly sigmas: readonly number[];
  readonly #positions: readonly number[];

  /**
   * `names` in the order wanted, `skeleton` the model's own names.
   * Throws AgentError KEYPOINTS_UNMATCHED, with every name that the model does not have or OKS does not know.
   */
  constructor(names: readonly string[], skeleton: { model: string; keypoints: readonly string[] }) {
    const missing = names.filter((name) => !skeleton.keypoints.includes(name));
    const unknown = names.filter((name) => cocoSigmas[name] === undefined);
    const faults = [
      missing.length > 0 ? `${skeleton.model} does not give ${missing.join(', ')}` : '',
      unknown.length > 0 ? `COCO has no sigma for ${unknown.join(', ')}` : '',
    ].filter((fault) => fault !== '');
    if (faults.length > 0) throw new AgentError('KEYPOINTS_UNMATCHED', faults.join('; '));
    this.sigmas = names.map((name) => cocoSigmas[name] as number);
    this.#positions = names.map((name) => skeleton.keypoints.indexOf(name));
  }

  /** A person's keypoints as COCO writes results: 0, 0, 0 for one that was not seen. v is 2 for every other. */
  flat({ keypoints }: Pick<Instance, 'keypoints'>): FlatKeypoints {
    return this.#positions.flatMap((position) => {
      const keypoint = keypoints[position];
      return keypoint ? [keypoint.x, keypoint.y, 2] : [0, 0, 0];
    });
  }
}
