export { type DecodedInstance, decode, type NamedTensor } from './engine/decode.js';
export { AgentError, type ErrorCode } from './errors.js';
export type { DecodeOptions, DecoderFamily } from './models/decode-options.js';
export type { Keypoint } from './pose/instance.js';
