import { AgentError } from '../errors.js';
import { type ModelOutline, outlineText, type PictureSize } from './model-outline.js';

/** A network's one input, which takes pictures. */
export interface PictureInput extends PictureSize {
  readonly layout: 'NCHW' | 'NHWC';
}

/** `what` names the file, `remedy` what is to be done where it does not say a size.
 *  Throws AgentError MODEL_SHAPE_MISMATCH where there is none, MODEL_UNDECIDED where its size is not said. */
export function pictureInput({ inputs }: ModelOutline, what: string, remedy: string): PictureInput {
  const [dims] = inputs.map((input) => input.dims);
  const axis = dims?.length === 4 ? [1, 3].find((one) => dims[one] === 3) : undefined;
  if (inputs.length !== 1 || axis === undefined) {
    const expected = 'expected one picture input of shape [1, 3, H, W] or [1, H, W, 3]';
    throw new AgentError('MODEL_SHAPE_MISMATCH', `${what}: ${expected}, found ${outlineText(inputs)}`);
  }
  const [height = -1, width = -1] = axis === 1 ? (dims ?? []).slice(2) : (dims ?? []).slice(1);
  if (height > 0 && width > 0) return { width, height, layout: axis === 1 ? 'NCHW' : 'NHWC' };
  const found = outlineText(inputs);
  throw new AgentError('MODEL_UNDECIDED', `${what} takes pictures of any size (${found}): ${remedy}`);
}
