import { join } from 'node:path';
import { type EngineName, engineDevices } from '../../src/config/engine-devices.js';
import { openPoseOptions } from './openpose-options.js';
import { emptyTensor } from './own-model.js';
import { writeReplayModel } from './replay-model.js';

/** The arguments of a right call of each function, from which wrong ones are made. */
export type ValidCalls = Record<string, () => unknown[]>;

const map = { batch: 1, height: 64, width: 64 };

function tensor(...shape: number[]): { data: Float32Array; shape: number[] } {
  const { data } = emptyTensor('', shape);
  for (let i = 0; i < data.length; i += 7) data[i] = 0.9;
  return { data, shape };
}

const families: readonly unknown[][] = [
  [
    'openpose',
    { heatmaps: tensor(1, 19, 4, 5), pafs: tensor(1, 38, 4, 5) },
    { peakThreshold: 0.1, limbRatio: 'all' },
  ],
  [
    'associative-embedding',
    { heatmaps: tensor(1, 3, 6, 6), tags: tensor(1, 3, 6, 6), nms_heatmaps: tensor(1, 3, 6, 6) },
    {
      peaks: 'plain',
      peakThreshold: 0.1,
      tagThreshold: 1,
      scoreThreshold: 0.1,
      delta: 0,
      stride: 2,
      maxPeople: 5,
    },
  ],
  ['heatmap', { heatmaps: tensor(2, 3, 8, 8) }, { refine: 'dark', stride: 4, blurKernel: 11 }],
  ['simcc', { simcc_x: tensor(2, 3, 20), simcc_y: tensor(2, 3, 30) }, { score: 'min', splitRatio: 2 }],
  [
    'trt-pose',
    { cmap: tensor(1, 3, 6, 6), paf: tensor(1, 4, 6, 6) },
    {
      links: [
        [0, 1, 0, 1],
        [2, 3, 1, 2],
      ],
      peakThreshold: 0.1,
      linkThreshold: 0.1,
      window: 5,
      stride: 4,
      maxPeople: 5,
    },
  ],
];

/** Half of a picture. */
const triangle = [
  [0, 0],
  [1, 0],
  [1, 1],
];

function coreCalls(): ValidCalls {
  let next = 0;
  return {
    convertToBgr: () => [new Uint8Array(8 * 6 * 1.5), 8, 6, 'i420-bt601'],
    createPictureMasks: () => [[triangle]],
    createPictureRing: () => [4, 4096],
    decode: () => families[next++ % families.length] as unknown[],
    dieWithParent: () => [],
    freeBuffer: () => [new Uint8Array(64)],
    hideMemory: () => [],
    notifyServiceManager: () => ['@edge-pose-nobody-listens', 'WATCHDOG=1'],
    trimHeap: () => [],
  };
}

/** Of a ring of pictures that nobody writes to. */
export function validRingCalls(): ValidCalls {
  return { take: () => [], release: () => [0], close: () => [] };
}

/** Of masks for pictures. */
export function validMaskCalls(): ValidCalls {
  return { blacken: () => [new Uint8Array(8 * 6 * 1.5), 8, 6, 'i420-bt709'] };
}

async function engineCalls(engine: EngineName, folder: string): Promise<ValidCalls> {
  const outputs = [emptyTensor('heatmaps', [1, 19, 8, 8]), emptyTensor('pafs', [1, 38, 8, 8])];
  const model = await writeReplayModel({ folder, name: 'own', format: 'onnx', input: map, outputs });
  const device = engineDevices[engine].usual;
  const bottomUp = openPoseOptions({ name: engine, device, formats: ['onnx'] }, model, map);
  const { interpolation: _, ...decoded } = bottomUp;
  const topDown = {
    ...decoded,
    family: 'heatmap',
    outputs: { heatmaps: 'heatmaps' },
    keypoints: 19,
    decode: { refine: 'quarter', stride: 8, blurKernel: 11 },
    boxScale: 1.25,
    detectorInterval: 5,
    keypointThreshold: 0.3,
    maxPeople: 4,
    detector: {
      kind: 'ssd',
      model: await writeReplayModel({
        folder,
        name: 'detector',
        format: 'onnx',
        input: map,
        outputs: [
          {
            name: 'boxes',
            shape: [1, 1, 2, 7],
            data: new Float32Array([0, 1, 0.9, 0.1, 0.1, 0.9, 0.9, -1, 0, 0, 0, 0, 0, 0]),
          },
        ],
      }),
      input: { ...bottomUp.input, resize: 'stretch' },
      scoreThreshold: 0.5,
      iouThreshold: 0.45,
      yoloScores: '',
      personLabel: -1,
      boxes: '',
      labels: '',
    },
  };
  const blazepose = {
    family: 'blazepose',
    model,
    detector: join(folder, 'absent.xml'),
    device,
    precision: 'f32',
    mode: 'latency',
    threads: 1,
    requests: 1,
    cacheDir: '',
    maxPeople: 2,
    smooth: true,
    staticImage: false,
  };
  const opens = [bottomUp, topDown, blazepose];
  let next = 0;
  return {
    // The first of three can be opened as it is; the last is refused for its files.
    open: () => [opens[next++ % opens.length], () => {}],
    devices: () => [],
    inspect: () => [model, 0, 0],
  };
}

export function validCalls(addon: string, folder: string): Promise<ValidCalls> {
  return addon === 'core' ? Promise.resolve(coreCalls()) : engineCalls(addon as EngineName, folder);
}

const size = { width: 32, height: 24 };
const view = { left: 4, top: 2, width: 20, height: 16, rotate: 90, flip: 'horizontal' };

export function validSessionCalls(): ValidCalls {
  let next = 0;
  return {
    constructor: () => [],
    infer: () => {
      const inPlanes = next++ % 2 === 0;
      return [
        new Uint8Array(size.width * size.height * (inPlanes ? 1.5 : 3)).fill(90),
        size.width,
        size.height,
        0,
        33,
        view,
        inPlanes ? 'i420-bt601' : 'bgr',
      ];
    },
    measure: () => [0.001],
    forget: () => [0],
    leave: () => [],
    close: () => [],
    info: () => [],
  };
}
