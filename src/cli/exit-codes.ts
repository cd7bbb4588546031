import type { ErrorCode } from '../errors.js';

/** Exit codes of the command line, by what went wrong. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  model: 3,
  engine: 4,
  camera: 5,
  mqtt: 6,
} as const;

/** For --help. */
export const exitCodesText = `Exit codes:
  0  done, or ended by SIGTERM or Ctrl-C
  1  something else failed, or a check found a problem
  2  wrong arguments or configuration
  3  a model is missing, damaged or not of its family
  4  the inference engine or its device failed
  5  a camera or file could not be read
  6  the MQTT broker could not be used`;

export function exitCodeOf(code: ErrorCode): number {
  if (code.startsWith('CONFIG_')) return exitCodes.usage;
  if (code.startsWith('MODEL_')) return exitCodes.model;
  if (code.startsWith('ENGINE_')) return exitCodes.engine;
  if (code.startsWith('CAMERA_')) return exitCodes.camera;
  if (code.startsWith('MQTT_')) return exitCodes.mqtt;
  return exitCodes.failure;
}
