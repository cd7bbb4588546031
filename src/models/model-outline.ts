/** A tensor of a model file as it was written, before anything is compiled. */
export interface TensorOutline {
  readonly name: string;
  /** Outermost first, -1 where a dimension is dynamic; null where not even their number is known. */
  readonly dims: readonly number[] | null;
  /** Of its elements, as the inference runtime calls it: `f32`, `i64`. */
  readonly type: string;
}

/** What goes into a model file and what comes out of it. */
export interface ModelOutline {
  readonly inputs: readonly TensorOutline[];
  readonly outputs: readonly TensorOutline[];
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** As in `[1, 17, ?, ?]`. */
function dimsText(dims: TensorOutline['dims']): string {
  if (dims === null) return 'of any shape';
  return `[${dims.map((dim) => (dim < 0 ? '?' : dim)).join(', ')}]`;
}

/** As in `heatmaps [1, 17, 64, 48], tags [1, 17, 64, 48]`. */
export function outlineText(tensors: readonly TensorOutline[]): string {
  return tensors.map(({ name, dims }) => `${name} ${dimsText(dims)}`).join(', ') || 'none';
}
