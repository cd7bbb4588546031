/** Numbers in [0, 1), the same sequence for the same seed on every machine (a Weyl sequence, then mixed). */
export function randomSequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mixBits(state) / 2 ** 32;
  };
}

/** A number in [0, 1) that depends on its two integers only: noise that stays where it is. */
export function noiseAt(a: number, b: number): number {
  return mixBits((Math.imul(a, 0x27d4eb2f) ^ Math.imul(b, 0x165667b1)) >>> 0) / 2 ** 32;
}

/** Value noise: smooth between the integer grid points, in [0, 1). */
export function smoothNoise(x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const u = x - left;
  const v = y - top;
  const wu = u * u * (3 - 2 * u);
  const wv = v * v * (3 - 2 * v);
  const upper = noiseAt(left, top) * (1 - wu) + noiseAt(left + 1, top) * wu;
  const lower = noiseAt(left, top + 1) * (1 - wu) + noiseAt(left + 1, top + 1) * wu;
  return upper * (1 - wv) + lower * wv;
}

/** Spreads every input bit over every output bit (xor-shift and multiply rounds); 32 bits, unsigned. */
function mixBits(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A shuffled copy. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
