import { basename } from 'node:path';
import type { EngineName } from '../config/engine-devices.js';
import { AgentError } from '../errors.js';

/** Names of the files that a runtime reads. OpenVINO tells by the contents, and reads IR, ONNX and TFLite. */
const readable: Readonly<Record<EngineName, RegExp>> = { openvino: /./, tensorrt: /\.onnx$/i };

/** Whether a runtime reads the format of a model file, by its name. */
export function reads(engine: EngineName, path: string): boolean {
  return readable[engine].test(path);
}

/**
 * To be called before a runtime gets the file: what its parser says of another format helps nobody. `of` names the
 * model for people. Throws AgentError MODEL_FORMAT_UNSUPPORTED.
 */
export function requireReadable(engine: EngineName, path: string, of?: string): void {
  if (reads(engine, path)) return;
  const file = of === undefined ? basename(path) : `${of}: ${basename(path)}`;
  throw new AgentError(
    'MODEL_FORMAT_UNSUPPORTED',
    `${file} is no ONNX file, and ${engine} reads nothing else`,
  );
}
