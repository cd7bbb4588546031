import t from 'tap';
import { AgentError } from '../../src/errors.js';
import type { ModelOutline } from '../../src/models/model-outline.js';
import { proposeDetector } from '../../src/models/propose-detector.js';
import { proposeManifest } from '../../src/models/propose-manifest.js';

type Shapes = Record<string, number[]>;

function outline(input: number[], outputs: Shapes): ModelOutline {
  const tensor = (name: string, dims: number[]) => ({ name, dims, type: 'f32' });
  return {
    inputs: [tensor('picture', input)],
    outputs: Object.entries(outputs).map(([name, dims]) => tensor(name, dims)),
  };
}

const imageNet = { color: 'rgb', mean: [123.675, 116.28, 103.53], scale: [58.395, 57.12, 57.375] };
const levels = { color: 'bgr', mean: 0, scale: 1 };

interface Case {
  what: string;
  input: number[];
  outputs: Shapes;
  facts: object;
}

const decided: Case[] = [
  {
    what: 'OpenPose with a background map, whichever comes first',
    input: [1, 3, 256, 456],
    outputs: { L1: [1, 38, 32, 57], L2: [1, 19, 32, 57] },
    facts: {
      family: 'openpose',
      skeleton: 'openpose18',
      inputs: { xml: { height: 256, width: 456, stride: 8, ...levels, resize: 'letterbox-top-left' } },
      outputs: { heatmaps: 'L2', pafs: 'L1' },
    },
  },
  {
    what: 'OpenPose without one, any number of pictures',
    input: [-1, 3, 368, 368],
    outputs: { heat: [-1, 18, 46, 46], paf: [-1, 38, 46, 46] },
    facts: {
      family: 'openpose',
      skeleton: 'openpose18',
      inputs: { xml: { height: 368, width: 368, stride: 8, ...levels, resize: 'letterbox-top-left' } },
      outputs: { heatmaps: 'heat', pafs: 'paf' },
    },
  },
  {
    what: 'trt_pose',
    input: [1, 3, 224, 224],
    outputs: { output_0: [1, 18, 56, 56], output_1: [1, 42, 56, 56] },
    facts: {
      family: 'trt-pose',
      skeleton: 'trt_pose18',
      inputs: { xml: { height: 224, width: 224, ...imageNet, resize: 'stretch' } },
      outputs: { cmap: 'output_0', paf: 'output_1' },
      decode: { stride: 4 },
    },
  },
  {
    what: "Open Model Zoo's 0005, whose tags are embeddings",
    input: [1, 3, 288, 288],
    outputs: { embeddings: [1, 17, 144, 144], heatmaps: [1, 17, 144, 144] },
    facts: {
      family: 'associative-embedding',
      skeleton: 'coco17',
      inputs: { xml: { height: 288, width: 288, ...levels, pad: 128, resize: 'letterbox-top-left' } },
      outputs: { heatmaps: 'heatmaps', tags: 'embeddings' },
      decode: { peaks: 'suppressed', stride: 2 },
    },
  },
  {
    what: 'the same with maxima of its own and a last dimension of 1',
    input: [1, 3, 288, 288],
    outputs: { heatmaps: [1, 17, 144, 144], nms_heatmaps: [1, 17, 144, 144], embeds: [1, 17, 144, 144, 1] },
    facts: {
      family: 'associative-embedding',
      skeleton: 'coco17',
      inputs: { xml: { height: 288, width: 288, ...levels, pad: 128, resize: 'letterbox-top-left' } },
      outputs: { heatmaps: 'heatmaps', tags: 'embeds', nms_heatmaps: 'nms_heatmaps' },
      decode: { peaks: 'suppressed', stride: 2 },
    },
  },
  {
    what: 'HigherHRNet',
    input: [1, 3, 512, 512],
    outputs: { heat: [1, 17, 256, 256], tags: [1, 17, 256, 256] },
    facts: {
      family: 'associative-embedding',
      skeleton: 'coco17',
      inputs: { xml: { height: 512, width: 512, ...imageNet, resize: 'letterbox-top-left' } },
      outputs: { heatmaps: 'heat', tags: 'tags' },
      decode: { peaks: 'plain', delta: 0.5, stride: 2 },
    },
  },
  {
    what: 'HRNet on crops',
    input: [-1, 3, 256, 192],
    outputs: { output: [-1, 17, 64, 48] },
    facts: {
      family: 'heatmap',
      skeleton: 'coco17',
      inputs: { xml: { height: 256, width: 192, ...imageNet, resize: 'crop' } },
      outputs: { heatmaps: 'output' },
      decode: { stride: 4 },
    },
  },
  {
    what: 'RTMPose, whichever axis comes first',
    input: [-1, 3, 256, 192],
    outputs: { simcc_y: [-1, 17, 512], simcc_x: [-1, 17, 384] },
    facts: {
      family: 'simcc',
      skeleton: 'coco17',
      inputs: { xml: { height: 256, width: 192, ...imageNet, resize: 'crop' } },
      outputs: { simcc_x: 'simcc_x', simcc_y: 'simcc_y' },
      decode: { split_ratio: 2 },
    },
  },
  {
    what: 'SimCC with three bins a pixel in a square input',
    input: [1, 3, 256, 256],
    outputs: { out_x: [1, 17, 768], out_y: [1, 17, 768] },
    facts: {
      family: 'simcc',
      skeleton: 'coco17',
      inputs: { xml: { height: 256, width: 256, ...imageNet, resize: 'crop' } },
      outputs: { simcc_x: 'out_x', simcc_y: 'out_y' },
      decode: { split_ratio: 3 },
    },
  },
  {
    what: 'BlazePose, channels last',
    input: [1, 256, 256, 3],
    outputs: {
      Identity: [1, 195],
      Identity_1: [1, 1],
      Identity_2: [1, 256, 256, 1],
      Identity_3: [1, 64, 64, 39],
      Identity_4: [1, 117],
    },
    facts: {
      family: 'blazepose',
      skeleton: 'blazepose33',
      inputs: {
        landmarks: { height: 256, width: 256, color: 'rgb', mean: 0, scale: 255, resize: 'rotated-crop' },
      },
    },
  },
];

t.test('the shapes of the outputs tell what a network is', async (t) => {
  for (const { what, input, outputs, facts } of decided) {
    t.strictSame(proposeManifest(outline(input, outputs), { what: 'hall.onnx' }), facts, what);
  }
});

t.test('what is merely unusual is believed of the family that somebody names', async (t) => {
  const coarse = outline([1, 3, 256, 192], { map: [1, 17, 32, 24] });
  t.match(proposeManifest(coarse, { what: 'hall.onnx', family: 'heatmap' }), {
    family: 'heatmap',
    decode: { stride: 8 },
  });
  const two = outline([1, 3, 256, 192], { map: [1, 21, 64, 48], seen: [1, 21] });
  t.match(proposeManifest(two, { what: 'hall.onnx', family: 'heatmap', skeleton: 'hand21' }), {
    skeleton: 'hand21',
    outputs: { heatmaps: 'map' },
  });
});

function refusal(action: () => unknown): AgentError | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
  return undefined;
}

interface Undecided {
  what: string;
  input?: number[];
  outputs: Shapes;
  options?: Parameters<typeof proposeManifest>[1];
  code?: string;
  /** What was found, and what decides it. */
  says: RegExp[];
}

const undecided: Undecided[] = [
  {
    what: 'a classifier',
    outputs: { logits: [1, 1000] },
    says: [/^hall\.onnx has an input of 192x256 and the outputs logits \[1, 1000\]/, /manifest with family/],
  },
  {
    what: 'an input of any size',
    input: [1, 3, -1, -1],
    outputs: { map: [1, 17, -1, -1] },
    says: [/picture \[1, 3, \?, \?\]/, /--input WIDTHxHEIGHT/],
  },
  {
    what: 'no picture',
    input: [1, 128],
    outputs: { map: [1, 17, 64, 48] },
    code: 'MODEL_SHAPE_MISMATCH',
    says: [/expected one picture input of shape \[1, 3, H, W\] or \[1, H, W, 3\], found picture \[1, 128\]/],
  },
  {
    what: 'maps whose size only an inference tells',
    outputs: { map: [1, 17, -1, -1] },
    says: [/map \[1, 17, \?, \?\]/, /fixed shapes, or give --input/],
  },
  {
    what: 'channels last',
    input: [1, 192, 192, 3],
    outputs: { map: [1, 48, 48, 17] },
    says: [/channels first, \[1, K, h, w\]/],
  },
  {
    what: 'heatmaps and fields in one',
    input: [1, 3, 368, 368],
    outputs: { net_output: [1, 57, 46, 46] },
    says: [/export them as two/],
  },
  {
    what: 'two maps alike without names',
    input: [1, 3, 512, 512],
    outputs: { '1': [1, 17, 256, 256], '2': [1, 17, 256, 256] },
    says: [/outputs\.heatmaps and outputs\.tags/],
  },
  {
    what: 'links of another body',
    input: [1, 3, 224, 224],
    outputs: { cmap: [1, 21, 56, 56], paf: [1, 40, 56, 56] },
    says: [/decode\.links/],
  },
  {
    what: 'one map of another size',
    outputs: { map: [1, 17, 32, 24] },
    says: [/--family heatmap/],
  },
  {
    what: 'keypoints without names',
    outputs: { map: [1, 21, 64, 48] },
    says: [/gives 21 keypoints/, /--skeleton NAME/, /key skeleton/],
  },
  {
    what: 'a skeleton of another number',
    outputs: { map: [1, 17, 64, 48] },
    options: { what: 'hall.onnx', skeleton: 'openpose18' },
    code: 'MODEL_SHAPE_MISMATCH',
    says: [/gives 17 keypoints; the skeleton openpose18 has 18/],
  },
  {
    what: 'a family that it is not',
    outputs: { map: [1, 17, 64, 48] },
    options: { what: 'hall.onnx', family: 'simcc' },
    says: [/expected \[1, K, X\] and \[1, K, Y\]/, /map \[1, 17, 64, 48\]/],
  },
  {
    what: 'a square SimCC without names',
    input: [1, 3, 256, 256],
    outputs: { a: [1, 17, 512], b: [1, 17, 512] },
    options: { what: 'hall.onnx', family: 'simcc' },
    says: [/in a square input named …x and …y/],
  },
  {
    what: 'a detector',
    input: [1, 3, 320, 544],
    outputs: { detection_out: [1, 1, 200, 7] },
    says: [/finds people, but no keypoints/, /--detector/],
  },
];

t.test('what cannot be decided is said, with what was found and what decides it', async (t) => {
  for (const { what, input = [1, 3, 256, 192], outputs, options, code, says } of undecided) {
    const error = refusal(() => proposeManifest(outline(input, outputs), options ?? { what: 'hall.onnx' }));
    t.equal(error?.code, code ?? 'MODEL_UNDECIDED', what);
    for (const words of says) t.match(error?.message, words, what);
  }
});

t.test('detectors', async (t) => {
  const cases: [string, number[], Shapes, object][] = [
    ['SSD', [1, 3, 320, 544], { out: [1, 1, 200, 7] }, { kind: 'ssd', ...levels, resize: 'stretch' }],
    [
      'YOLOv8',
      [1, 3, 640, 640],
      { output0: [1, 84, 8400] },
      { kind: 'yolo', color: 'rgb', mean: 0, scale: 255, resize: 'letterbox-centre' },
    ],
    [
      'YOLOv5, three boxes a cell',
      [1, 3, 640, 640],
      { output: [1, 25_200, 85] },
      { kind: 'yolo', color: 'rgb', mean: 0, scale: 255, resize: 'letterbox-centre' },
    ],
    [
      'YOLOX, one box a cell',
      [1, 3, 416, 416],
      { output: [1, 3549, 85] },
      { kind: 'yolo', ...levels, resize: 'letterbox-top-left' },
    ],
    [
      "MediaPipe's",
      [1, 224, 224, 3],
      { Identity: [1, 2254, 12], Identity_1: [1, 2254, 1] },
      { kind: 'blazepose', color: 'rgb', mean: 127.5, scale: 127.5, resize: 'letterbox-centre' },
    ],
  ];
  for (const [what, input, outputs, { kind, ...rest }] of cases as [
    string,
    number[],
    Shapes,
    { kind: string },
  ][]) {
    const found = proposeDetector(outline(input, outputs), 'people.onnx');
    const [height, width] = input[1] === 3 ? input.slice(2) : input.slice(1);
    t.strictSame(found, { detector: { kind }, input: { height, width, ...rest } }, what);
  }
  const no = refusal(() =>
    proposeDetector(outline([1, 3, 320, 320], { dets: [1, 100, 5], labels: [1, 100] }), 'p.onnx'),
  );
  t.equal(no?.code, 'MODEL_UNDECIDED');
  t.match(
    no?.message,
    /dets \[1, 100, 5\], labels \[1, 100\].*\[1, 1, N, 7\] \(SSD\).*inputs\.detector of a manifest/,
  );
  const any = refusal(() => proposeDetector(outline([1, 3, -1, -1], { o: [1, 84, -1] }), 'p.onnx'));
  t.match(any?.message, /p\.onnx takes pictures of any size .*: export it with a fixed one/);
});
