export {
  type DecodedInstance,
  type DecodeOptions,
  decode,
  type NamedTensor,
  type OpenPoseDecodeOptions,
} from './engine/decode.js';
export { AgentError, type ErrorCode } from './errors.js';
export type { Keypoint } from './pose/instance.js';
