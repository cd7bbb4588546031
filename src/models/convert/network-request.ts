import { AgentError } from '../../errors.js';
import type { FileRole, NetworkInput } from '../catalog-schema.js';
import type { ResolvedModel } from '../resolve.js';

/** What every request to the converter says of the network. */
export interface NetworkRequest extends Record<string, unknown> {
  source: string;
  input: Pick<NetworkInput, 'height' | 'width' | 'color' | 'mean' | 'scale' | 'resize'>;
  /** Height and width, px; the file's own where left out. */
  size?: [number, number];
}

/**
 * The network of a model that stands under `role`, with another input height where one is given: its width follows the
 * model's aspect, as it does when the agent opens a model. Throws AgentError MODEL_SHAPE_MISMATCH.
 */
export function networkRequest(
  model: ResolvedModel,
  role: FileRole,
  inputHeight: number | undefined,
): NetworkRequest {
  const source = model.files[role];
  const input = model.inputs[role];
  if (source === undefined || input === undefined) {
    const roles = Object.keys(model.inputs).join(', ');
    throw new AgentError('MODEL_SHAPE_MISMATCH', `${model.name} has no network ${role}; it has ${roles}`);
  }
  const { height, width, stride, color, mean, scale, resize } = input;
  const request = { source, input: { height, width, color, mean, scale, resize } };
  if (inputHeight === undefined) return request;
  if (stride === undefined) {
    throw new AgentError('MODEL_SHAPE_MISMATCH', `${model.name} takes pictures of ${width}x${height} alone`);
  }
  if (inputHeight % stride !== 0) {
    throw new AgentError(
      'MODEL_SHAPE_MISMATCH',
      `${model.name}: expected an input height that is a multiple of ${stride}, found ${inputHeight}`,
    );
  }
  const inputWidth = Math.round((width * inputHeight) / height / stride) * stride;
  return { ...request, size: [inputHeight, inputWidth] };
}
