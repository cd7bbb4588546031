import { z } from 'zod';

const threshold = z.number().gt(0).max(1);
const stride = z.int().min(1).max(64);
const channel = z.int().min(0).max(511);
const keypoint = z.int().min(0).max(63);
const odd = z.int().refine((value) => value % 2 === 1, 'expected an odd number');

/** Options of every family's decoder, with the values that they have where nobody says otherwise. Coordinates are
 *  network-input pixels, thresholds are of the network's own values. */
export const decodeOptions = {
  openpose: z.strictObject({
    /** Least value of a keypoint's heatmap. */
    peakThreshold: threshold.default(0.1),
    /** How many of the 10 samples along a limb must agree: 'all' as Open Model Zoo's C++ demo, 'most' (9) as its Python
     *  demo and accuracy checker. */
    limbRatio: z.enum(['all', 'most']).default('all'),
  }),
  'associative-embedding': z.strictObject({
    /** 'suppressed': the network leaves only maxima, in `nms_heatmaps`, or positive in `heatmaps` (Open Model Zoo's 0005
     *  to 0007). 'plain': maxima of 5 x 5 cells are found here (HRNet and HigherHRNet as they leave training). */
    peaks: z.enum(['suppressed', 'plain']).default('suppressed'),
    peakThreshold: threshold.default(0.1),
    /** Largest tag distance within a person. */
    tagThreshold: z.number().gt(0).max(100).default(1),
    /** Least mean score of a person over all keypoints. */
    scoreThreshold: z.number().min(0).max(1).default(0.1),
    /** Added to matched keypoints, map cells: 0, or 0.5 for HigherHRNet. */
    delta: z.number().min(-1).max(1).default(0),
    /** Network-input pixels a map cell. */
    stride: stride.default(2),
    maxPeople: z.int().min(1).max(64).default(30),
  }),
  heatmap: z.strictObject({
    /** 'quarter', 'dark' and 'dark-udp' as mmpose, 'alphapose' as AlphaPose's simple decode. */
    refine: z.enum(['quarter', 'dark', 'dark-udp', 'alphapose']).default('quarter'),
    stride: stride.default(4),
    /** Of 'dark' and 'dark-udp', cells. */
    blurKernel: odd.min(3).max(31).default(11),
  }),
  simcc: z.strictObject({
    /** Of the maxima of both axes: the lesser (mmpose) or their mean (rtmlib). */
    score: z.enum(['min', 'mean']).default('min'),
    /** Bins a network-input pixel. */
    splitRatio: z.number().min(0.01).max(100).default(2),
  }),
  'trt-pose': z.strictObject({
    /** [paf channel of y, of x, keypoint, keypoint] a link; none stands for trt_pose's own 21 links of 18 keypoints. */
    links: z
      .array(z.tuple([channel, channel, keypoint, keypoint]))
      .max(256)
      .default([]),
    peakThreshold: threshold.default(0.1),
    linkThreshold: z.number().min(0).max(1).default(0.1),
    /** Of peak search and refinement, cells. */
    window: odd.min(3).max(15).default(5),
    stride: stride.default(4),
    maxPeople: z.int().min(1).max(256).default(100),
  }),
} as const;

/** Families whose outputs a decoder of ours turns into people. */
export type DecoderFamily = keyof typeof decodeOptions;
/** As somebody gives them. */
export type DecodeOptions = { [Family in DecoderFamily]: z.input<(typeof decodeOptions)[Family]> };
/** With nothing left out. */
export type DecodeSettings = { [Family in DecoderFamily]: z.output<(typeof decodeOptions)[Family]> };

/** Tensors that a family's decoder takes; those behind a ? may be absent. */
export const tensorRoles: Readonly<Record<DecoderFamily, readonly string[]>> = {
  openpose: ['heatmaps', 'pafs'],
  'associative-embedding': ['heatmaps', 'tags', 'nms_heatmaps?'],
  heatmap: ['heatmaps'],
  simcc: ['simcc_x', 'simcc_y'],
  'trt-pose': ['cmap', 'paf'],
};
