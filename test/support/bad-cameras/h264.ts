/** An H.264 stream (ISO/IEC 14496-10), NAL unit by NAL unit, without start codes. */
export interface H264Stream {
  /** Sequence and picture parameter set. */
  readonly parameterSets: readonly Uint8Array[];
  /** The NAL units of each picture; the first picture is a key frame, with the parameter sets in front of it. */
  readonly pictures: readonly (readonly Uint8Array[])[];
}

export interface FlatStreamOptions {
  /** Multiples of 16. */
  readonly width: number;
  readonly height: number;
  readonly pictures: number;
  /** Pictures that a decoder has to keep; 1 where left out. */
  readonly references?: number;
}

/**
 * A stream of grey pictures, all of it valid, written bit by bit: a key frame takes a byte a macroblock and each other
 * picture some bytes, so that pictures of any size cost their sender nothing.
 */
export function flatStream({ width, height, pictures, references = 1 }: FlatStreamOptions): H264Stream {
  const columns = width / 16;
  const rows = height / 16;
  const parameterSets = [sequenceParameterSet({ columns, rows, references }), pictureParameterSet()];
  const macroblocks = columns * rows;
  const others = Array.from({ length: pictures - 1 }, (_, index) => [skippedPicture(macroblocks, index + 1)]);
  return { parameterSets, pictures: [[...parameterSets, greyPicture(macroblocks)], ...others] };
}

const baselineProfile = 66;
/** Level 6.2, the highest. */
const level = 62;
/** Bits of frame_num. */
const frameNumberBits = 4;

function sequenceParameterSet(size: { columns: number; rows: number; references: number }): Uint8Array {
  const bits = new BitWriter();
  bits.fixed(baselineProfile, 8).fixed(0xc0, 8).fixed(level, 8);
  bits.exponential(0); // its id
  bits.exponential(frameNumberBits - 4);
  bits.exponential(2); // pictures are shown in the order in which they are decoded
  bits.exponential(size.references).fixed(0, 1);
  bits.exponential(size.columns - 1).exponential(size.rows - 1);
  bits.fixed(0b1100, 4); // frames, no fields; direct_8x8_inference; no cropping; no VUI
  return bits.unit(7, 3);
}

function pictureParameterSet(): Uint8Array {
  const bits = new BitWriter();
  bits.exponential(0).exponential(0).fixed(0b00, 2); // ids; CAVLC
  bits.exponential(0).exponential(0).exponential(0); // one slice group; one reference by default
  bits.fixed(0b000, 3).exponential(0).exponential(0).exponential(0); // no weights; quantisers as they are
  bits.fixed(0b100, 3); // slices say whether they are deblocked
  return bits.unit(8, 3);
}

function greyPicture(macroblocks: number): Uint8Array {
  const bits = new BitWriter();
  sliceHead(bits, 7, 0);
  bits.exponential(0).fixed(0b00, 2); // idr_pic_id; how it is kept
  sliceHeadEnd(bits);
  // Each 16x16 predicted from its neighbours' mean (mb_type 3), chroma likewise, and nothing added to it.
  for (let i = 0; i < macroblocks; i++) bits.fixed(0b00100111, 8);
  return bits.unit(5, 3);
}

/** The same as the picture before it. */
function skippedPicture(macroblocks: number, number: number): Uint8Array {
  const bits = new BitWriter();
  sliceHead(bits, 5, number);
  bits.fixed(0b000, 3); // references as they are by default; a sliding window keeps them
  sliceHeadEnd(bits);
  bits.exponential(macroblocks);
  return bits.unit(1, 3);
}

function sliceHead(bits: BitWriter, type: number, number: number): void {
  bits
    .exponential(0)
    .exponential(type)
    .exponential(0)
    .fixed(number % 2 ** frameNumberBits, frameNumberBits);
}

function sliceHeadEnd(bits: BitWriter): void {
  bits.exponential(0).exponential(1); // quantiser as it is; no deblocking
}

/** The syntax elements of H.264, behind each other. */
class BitWriter {
  readonly #bytes: number[] = [];
  #last = 0;
  #used = 0;

  fixed(value: number, length: number): this {
    for (let bit = length - 1; bit >= 0; bit--) {
      this.#last = (this.#last << 1) | ((value >>> bit) & 1);
      if (++this.#used < 8) continue;
      this.#bytes.push(this.#last);
      this.#last = 0;
      this.#used = 0;
    }
    return this;
  }

  /** Exponential-Golomb code, ue(v); of 0 it is also se(v). */
  exponential(value: number): this {
    const length = 32 - Math.clz32(value + 1);
    return this.fixed(0, length - 1).fixed(value + 1, length);
  }

  /** All of it as a NAL unit, with the bytes that keep start codes out of it. */
  unit(type: number, importance: number): Uint8Array {
    this.fixed(1, 1);
    while (this.#used > 0) this.fixed(0, 1);
    const unit = [(importance << 5) | type];
    let zeros = 0;
    for (const byte of this.#bytes) {
      if (zeros === 2 && byte <= 3) {
        unit.push(3);
        zeros = 0;
      }
      unit.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return Uint8Array.from(unit);
  }
}
