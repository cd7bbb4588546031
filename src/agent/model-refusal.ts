import type { Refusal } from '../config/desired-document.js';
import type { AgentError } from '../errors.js';
import { redactUrls } from '../telemetry/redact-urls.js';

/** What is said against a configuration whose model does not come to work under it: 422, with the key that is wrong. */
export function modelRefusal(error: AgentError): Refusal {
  const found = redactUrls(error.message);
  if (error.code === 'SKELETON_MISMATCH') {
    const expected = 'native, or a skeleton that shares keypoints with the model’s';
    const problem = { path: 'output.skeleton', expected, found };
    return { code: 422, message: 'its model has none of the wanted keypoints', problems: [problem] };
  }
  if (error.code === 'ENGINE_OPTION_INVALID') {
    const expected = 'a device of the engine of this machine';
    const problem = { path: 'model.device', expected, found };
    return { code: 422, message: 'its engine has no such device', problems: [problem] };
  }
  const expected =
    error.code === 'MODEL_FORMAT_UNSUPPORTED'
      ? 'a model whose files the engine of this machine reads'
      : 'a model that is installed (the command models-pull fetches one)';
  return {
    code: 422,
    message: 'its model cannot be had',
    problems: [{ path: 'model.id', expected, found }],
  };
}
