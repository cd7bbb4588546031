import type { EngineName } from '../config/engine-devices.js';
import type { ModelOutline, PictureSize } from '../models/model-outline.js';
import { loadEngine } from './load-addon.js';
import { requireReadable } from './readable-formats.js';
import { toAgentError } from './to-agent-error.js';

/**
 * What goes into a model file and what comes out of it: IR, ONNX or TFLite with OpenVINO, ONNX with TensorRT. With a
 * size, the outputs are those for pictures of that size. Nothing is compiled.
 * Throws AgentError ENGINE_NOT_BUILT, ENGINE_FAILED, MODEL_FORMAT_UNSUPPORTED, MODEL_UNREADABLE, MODEL_SHAPE_MISMATCH.
 */
export async function inspectModel(
  engine: EngineName,
  path: string,
  size: PictureSize = { width: 0, height: 0 },
): Promise<ModelOutline> {
  const binding = loadEngine(engine);
  requireReadable(engine, path);
  try {
    return await binding.inspect(path, size.width, size.height);
  } catch (error) {
    throw toAgentError(error);
  }
}
