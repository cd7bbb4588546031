import type { ModelFamily, NetworkInput } from './catalog-schema.js';
import type { TensorOutline } from './model-outline.js';
import type { PictureInput } from './picture-input.js';

/** A network's outputs, taken for those of a family. */
export interface Reading {
  readonly keypoints: number;
  readonly input: Omit<NetworkInput, 'width' | 'height'>;
  /** Names of the outputs by their role. */
  readonly outputs?: Readonly<Record<string, string>>;
  readonly decode?: Readonly<Record<string, unknown>>;
}

export interface ReadableNetwork {
  readonly picture: PictureInput;
  readonly outputs: readonly TensorOutline[];
  /** Somebody says that it is of this family: what is merely unusual for it is no reason to doubt. */
  readonly named: boolean;
}

/** Of ImageNet's pictures, as nearly every backbone was trained on them; levels of 0 to 255, in RGB. */
const imageNet = {
  color: 'rgb' as const,
  mean: [123.675, 116.28, 103.53] as [number, number, number],
  scale: [58.395, 57.12, 57.375] as [number, number, number],
};
const plainBgr = { color: 'bgr' as const, mean: 0, scale: 1 };

/** Each gives the outputs' meaning in its family, or undefined where they have none. */
export const familyReadings: Readonly<
  Record<ModelFamily, (network: ReadableNetwork) => Reading | undefined>
> = {
  openpose: readOpenPose,
  'associative-embedding': readAssociativeEmbedding,
  heatmap: readHeatmap,
  simcc: readSimcc,
  'trt-pose': readTrtPose,
  blazepose: readBlazePose,
};

/** Maps of a network: [1, channels, height, width]. */
interface Maps {
  name: string;
  channels: number;
  height: number;
  width: number;
}

/** `trailing`: with a last dimension of 1 as well. */
function mapsOf({ outputs }: ReadableNetwork, trailing = false): Maps[] {
  return outputs.flatMap(({ name, dims }) => {
    const [, channels = 0, height = 0, width = 0, last = 1] = dims ?? [];
    const hasRank = dims?.length === 4 || (trailing && dims?.length === 5 && last === 1);
    return hasRank && channels > 0 && height > 1 && width > 1 ? [{ name, channels, height, width }] : [];
  });
}

/** Input pixels a map cell; undefined unless the same whole number both ways. */
function strideOf({ picture }: ReadableNetwork, { height, width }: Maps): number | undefined {
  const stride = picture.height / height;
  return Number.isInteger(stride) && stride === picture.width / width ? stride : undefined;
}

/** The one pair of maps of the same size with these channels. */
function pairOf(
  maps: readonly Maps[],
  fits: (first: Maps, second: Maps) => boolean,
): [Maps, Maps] | undefined {
  const pairs = maps.flatMap((first) =>
    maps
      .filter((second) => second !== first && second.height === first.height && second.width === first.width)
      .filter((second) => fits(first, second))
      .map((second): [Maps, Maps] => [first, second]),
  );
  return pairs.length === 1 ? pairs[0] : undefined;
}

function readOpenPose(network: ReadableNetwork): Reading | undefined {
  const pair = pairOf(
    mapsOf(network),
    (first, second) => (first.channels === 19 || first.channels === 18) && second.channels === 38,
  );
  if (pair === undefined || strideOf(network, pair[0]) !== 8) return undefined;
  const [heatmaps, pafs] = pair;
  return {
    keypoints: 18,
    input: { stride: 8, ...plainBgr, resize: 'letterbox-top-left' },
    outputs: { heatmaps: heatmaps.name, pafs: pafs.name },
  };
}

/** Only trt_pose's own 18 keypoints and 21 links: no other shape tells which field connects what. */
function readTrtPose(network: ReadableNetwork): Reading | undefined {
  const pair = pairOf(mapsOf(network), (first, second) => first.channels === 18 && second.channels === 42);
  const stride = pair && strideOf(network, pair[0]);
  if (pair === undefined || stride === undefined) return undefined;
  const [cmap, paf] = pair;
  return {
    keypoints: 18,
    input: { ...imageNet, resize: 'stretch' },
    outputs: { cmap: cmap.name, paf: paf.name },
    decode: { stride },
  };
}

/** Two or three maps alike, told apart by their names. */
function readAssociativeEmbedding(network: ReadableNetwork): Reading | undefined {
  const all = mapsOf(network, true);
  const [first] = all;
  const stride = first && strideOf(network, first);
  const isAlike = ({ channels, height, width }: Maps) =>
    channels === first?.channels && height === first.height && width === first.width;
  if (all.length !== network.outputs.length || all.length < 2 || all.length > 3) return undefined;
  if (stride === undefined || !all.every(isAlike)) return undefined;
  const names = all.map(({ name }) => name);
  const nms = names.filter((name) => /nms/i.test(name));
  const tags = names.filter((name) => /tag|embed/i.test(name));
  const rest = names.filter((name) => !nms.includes(name) && !tags.includes(name));
  if (tags.length !== 1 || rest.length !== 1 || nms.length !== all.length - 2) return undefined;
  // Open Model Zoo's networks suppress what is no maximum, and call their tags embeddings.
  const suppressed = nms.length === 1 || /embed/i.test(tags[0] as string);
  return {
    keypoints: first?.channels ?? 0,
    // The networks were trained on pictures with a grey border.
    input: { ...(suppressed ? { ...plainBgr, pad: 128 } : imageNet), resize: 'letterbox-top-left' },
    outputs: {
      heatmaps: rest[0] as string,
      tags: tags[0] as string,
      ...(nms[0] === undefined ? {} : { nms_heatmaps: nms[0] }),
    },
    decode: suppressed ? { peaks: 'suppressed', stride } : { peaks: 'plain', delta: 0.5, stride },
  };
}

function readHeatmap(network: ReadableNetwork): Reading | undefined {
  const maps = mapsOf(network);
  const [heatmaps] = maps;
  const stride = heatmaps && strideOf(network, heatmaps);
  if (heatmaps === undefined || stride === undefined || maps.length > 1) return undefined;
  if (!network.named && (stride !== 4 || network.outputs.length > 1)) return undefined;
  return {
    keypoints: heatmaps.channels,
    input: { ...imageNet, resize: 'crop' },
    outputs: { heatmaps: heatmaps.name },
    decode: { stride },
  };
}

/** [N, K, bins across] and [N, K, bins down], the same number of bins a pixel both ways. */
function readSimcc({ picture, outputs }: ReadableNetwork): Reading | undefined {
  const rows = outputs.flatMap(({ name, dims }) => {
    const [, keypoints = 0, bins = 0] = dims ?? [];
    return dims?.length === 3 && keypoints > 0 && bins > 0 ? [{ name, keypoints, bins }] : [];
  });
  const [one, other] = rows;
  if (one === undefined || other === undefined || rows.length !== outputs.length || rows.length > 2)
    return undefined;
  const fits = ([x, y]: readonly [typeof one, typeof one]) =>
    x.keypoints === y.keypoints && x.bins / picture.width === y.bins / picture.height;
  const ways = (
    [
      [one, other],
      [other, one],
    ] as const
  ).filter(fits);
  // In a square input both ways have the same shape.
  const named = ways.filter(([x, y]) => /x$/i.test(x.name) && /y$/i.test(y.name));
  const [way] = ways.length > 1 ? named : ways;
  if (way === undefined) return undefined;
  const [x, y] = way;
  return {
    keypoints: x.keypoints,
    input: { ...imageNet, resize: 'crop' },
    outputs: { simcc_x: x.name, simcc_y: y.name },
    decode: { split_ratio: x.bins / picture.width },
  };
}

/** MediaPipe's landmark networks: 39 landmarks of 5 numbers, whether somebody is there, and heatmaps of the landmarks. */
function readBlazePose({ picture, outputs }: ReadableNetwork): Reading | undefined {
  const has = (...wanted: number[]) => outputs.some(({ dims }) => dims?.join() === wanted.join());
  if (picture.width !== 256 || picture.height !== 256) return undefined;
  if (!has(1, 195) || !has(1, 1) || !has(1, 64, 64, 39)) return undefined;
  return { keypoints: 33, input: { color: 'rgb', mean: 0, scale: 255, resize: 'rotated-crop' } };
}
