#pragma once

#include <cstdint>

#include "letterbox_loops.h"
#include "pose/engine.h"
#include "pose/yuv_view.h"

namespace pose {

/** Samples that are worked on at once: what takes or gives a row has room for a multiple of it. */
constexpr int kSamplesAtOnce = 16;
/** Fraction bits of a weight in SampleTaps. */
constexpr int kSampleBits = 14;

constexpr int whole_steps(int samples) {
  return (samples + kSamplesAtOnce - 1) / kSamplesAtOnce * kSamplesAtOnce;
}

/** The samples of a target row of one plane: where the left one of two neighbours lies, and the weights of
 * both. */
struct SampleTaps {
  const int32_t* offsets = nullptr;
  const int16_t* weights = nullptr;
  int count = 0;  ///< of whole_steps()
};

/** From samples with kLinearBits of fraction to levels of the first, second and third channel, in 1/8192: the
 * first comes of luma and chroma a, the third of luma and chroma b. */
struct YuvMatrix {
  int16_t black;
  int16_t luma;
  int16_t first_a;
  int16_t second_a;
  int16_t second_b;
  int16_t third_b;
};

/** `a` is U where blue comes first, and V where red does. */
YuvMatrix yuv_matrix(YuvColors colors, ColorOrder order);

/** Blends each target sample from two neighbours in a row of blend_rows(). */
void blend_samples(const int16_t* row, const SampleTaps& taps, int16_t* target);

/** Gives a row of bytes kLinearBits of fraction, and each sample of chroma twice. */
void widen_luma(const uint8_t* row, int count, int16_t* widened);
void widen_chroma(const uint8_t* row, int count, int16_t* widened);

/** Makes pixels of luma and both chromas, which have room for whole_steps(). Writes 3 * count bytes, none
 * more.
 */
void mix_colors(const int16_t* luma, const int16_t* a, const int16_t* b, int count, const YuvMatrix& matrix,
                uint8_t* target);

}  // namespace pose
