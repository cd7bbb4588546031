import type { NativeBottomUp } from '../../src/engine/binding.js';
import type { EngineUnderTest } from './engines.js';
import type { ReplayModel } from './replay-model.js';

/** How to open an OpenPose replay model, whose tensors are to come out as they are. */
export function openPoseOptions(
  { device }: EngineUnderTest,
  model: string,
  input: ReplayModel['input'],
): NativeBottomUp<'openpose'> {
  return {
    family: 'openpose',
    model,
    device,
    precision: 'f32',
    mode: 'throughput',
    threads: 1,
    requests: 2,
    cacheDir: '',
    input: {
      ...input,
      color: 'bgr',
      mean: [123.7, 116.3, 103.5],
      scale: [58.4, 57.1, 57.4],
      pad: 0,
      resize: 'letterbox-top-left',
      name: '',
      layout: 'NCHW',
    },
    outputs: { heatmaps: 'heatmaps', pafs: 'pafs' },
    interpolation: 'linear',
    keypoints: 18,
    decode: { peakThreshold: 0.1, limbRatio: 'all' },
  };
}
