import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { NamedTensor } from '../../src/index.js';
import { readNpy } from './npy.js';

const keypoints = 17;
const window = 2;

/** How a golden case's maps are made again from a table of noise and the cells that are none. */
export interface EmbeddingMaps {
  map_height: number;
  map_width: number;
  crc32: Record<'heatmaps' | 'nms_heatmaps' | 'embeddings' | 'heatmaps_signed', number>;
  map_noise: Record<string, number>;
}

export interface EmbeddingTensors {
  heatmaps: NamedTensor;
  tags: NamedTensor;
  nmsHeatmaps: NamedTensor;
  /** Suppressed cells negative. */
  signedHeatmaps: NamedTensor;
}

/** The dense tensors of a case; throws where a checksum is not the golden one. */
export function embeddingTensors(folder: string, name: string, maps: EmbeddingMaps): EmbeddingTensors {
  const { map_height: height, map_width: width, map_noise: noise, crc32: sums } = maps;
  const table = readNpy(join(folder, 'noise_table.npy'));
  const [rows, columns] = table.shape as [number, number];
  const of = (key: string): number => noise[key] as number;
  const painted = (kind: 'heat' | 'emb', value: (noise: number) => number): Float32Array => {
    const map = new Float32Array(keypoints * height * width);
    for (let c = 0, at = 0; c < keypoints; c++) {
      for (let y = 0; y < height; y++) {
        const row = (y + of(`${kind}_shift_y`) + of(`${kind}_shift_y_per_channel`) * c) % rows;
        for (let x = 0; x < width; x++, at++) {
          const column = (x + of(`${kind}_shift_x`) + of(`${kind}_shift_x_per_channel`) * c) % columns;
          map[at] = value(table.data[row * columns + column] as number);
        }
      }
    }
    return map;
  };
  const heat = painted('heat', (value) => Math.fround(value * of('heat_gain')));
  const tags = painted('emb', (value) => Math.fround(Math.fround(value + of('emb_offset')) * of('emb_gain')));
  const sparse = readNpy(join(folder, `${name}.sparse.npy`));
  for (let row = 0; row < sparse.data.length; row += 3) {
    const cell = sparse.data[row] as number;
    heat[cell] = sparse.data[row + 1] as number;
    tags[cell] = sparse.data[row + 2] as number;
  }
  const kept = maxima(heat, height, width);
  const nms = heat.map((value, i) => (kept[i] === 1 ? value : 0));
  const signed = heat.map((value, i) => (kept[i] === 1 ? value : -value));
  const tensor = (role: string, data: Float32Array, sum: number): NamedTensor => {
    if (crc32(new Uint8Array(data.buffer)) !== sum) throw new Error(`${name}: ${role} is not the golden map`);
    return { name: role, data, shape: [1, keypoints, height, width] };
  };
  return {
    heatmaps: tensor('heatmaps', heat, sums.heatmaps),
    tags: tensor('tags', tags, sums.embeddings),
    nmsHeatmaps: tensor('nms_heatmaps', nms, sums.nms_heatmaps),
    signedHeatmaps: tensor('heatmaps', signed, sums.heatmaps_signed),
  };
}

/** 1 where no cell of the 5 x 5 around is greater. */
function maxima(heat: Float32Array, height: number, width: number): Uint8Array {
  const kept = new Uint8Array(heat.length);
  for (let at = 0; at < heat.length; at++) {
    const x = at % width;
    const y = Math.floor(at / width) % height;
    let greatest = Number.NEGATIVE_INFINITY;
    for (let dy = -window; dy <= window; dy++) {
      if (y + dy < 0 || y + dy >= height) continue;
      for (let dx = Math.max(-window, -x); dx <= Math.min(window, width - 1 - x); dx++) {
        greatest = Math.max(greatest, heat[at + dy * width + dx] as number);
      }
    }
    if (heat[at] === greatest) kept[at] = 1;
  }
  return kept;
}
