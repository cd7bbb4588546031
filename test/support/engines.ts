import { type EngineName, engineDevices, engineNames } from '../../src/config/engine-devices.js';
import type { ReplayModel } from './replay-model.js';

/** A runtime that the conformance tests run on. */
export interface EngineUnderTest {
  name: EngineName;
  /** Its usual device. */
  device: string;
  /** Kinds of replay models that it reads. */
  formats: readonly ReplayModel['format'][];
}

const formats: Readonly<Record<EngineName, readonly ReplayModel['format'][]>> = {
  openvino: ['ir', 'onnx'],
  tensorrt: ['onnx'],
};

/**
 * The runtimes that EDGE_POSE_TEST_ENGINES names, separated by commas, else OpenVINO. One that is named is not looked
 * for first: where it cannot be loaded its tests fail. EDGE_POSE_NATIVE_DIR says where else its addon may be; what is
 * not in there comes from build/native.
 */
export function enginesUnderTest(): EngineUnderTest[] {
  const named = (process.env.EDGE_POSE_TEST_ENGINES ?? 'openvino').split(',');
  return named.map((text) => {
    const name = engineNames.find((engine) => engine === text);
    if (name === undefined) throw new Error(`EDGE_POSE_TEST_ENGINES: expected ${engineNames}, found ${text}`);
    return { name, device: engineDevices[name].usual, formats: formats[name] };
  });
}
