#include "letterbox_loops.h"

#include <algorithm>
#include <cstring>

#include "target_clones.h"

// SSE2 and NEON belong to every x86-64 and aarch64 processor, so these paths need no choice at run time. All
// three paths give the same bytes.
#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace pose {
namespace {

constexpr int kHalf = 1 << (kLinearBits - 1);

/** a + (b - a) * weight / 32768, as the vector code rounds it. */
int blend(int a, int b, int weight) { return a + 2 * (((b - a) * weight) >> 16); }

void blend_pixel(const int16_t* left, int weight, bool swap, uint8_t* target) {
  for (int channel = 0; channel < 3; ++channel) {
    const int value = (blend(left[channel], left[channel + 3], weight) + kHalf) >> kLinearBits;
    target[swap ? 2 - channel : channel] = static_cast<uint8_t>(value);
  }
}

#if defined(__SSE2__)

__m128i load_two(const int16_t* first, const int16_t* second) {
  return _mm_unpacklo_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(first)),
                            _mm_loadl_epi64(reinterpret_cast<const __m128i*>(second)));
}

/** Two pixels at once; writes one byte behind each. */
template <bool kSwap>
void blend_two_pixels(const int16_t* first, const int16_t* second, const int16_t* weights, uint8_t* target) {
  const __m128i left = load_two(first, second);
  const __m128i right = load_two(first + 3, second + 3);
  const __m128i weight = _mm_loadu_si128(reinterpret_cast<const __m128i*>(weights));
  const __m128i part = _mm_mulhi_epi16(_mm_sub_epi16(right, left), weight);
  __m128i value = _mm_add_epi16(left, _mm_add_epi16(part, part));
  value = _mm_srai_epi16(_mm_add_epi16(value, _mm_set1_epi16(kHalf)), kLinearBits);
  if (kSwap) {
    constexpr int kReversed = _MM_SHUFFLE(3, 0, 1, 2);
    value = _mm_shufflehi_epi16(_mm_shufflelo_epi16(value, kReversed), kReversed);
  }
  const __m128i bytes = _mm_packus_epi16(value, value);
  const int low = _mm_cvtsi128_si32(bytes);
  const int high = _mm_cvtsi128_si32(_mm_shuffle_epi32(bytes, 1));
  std::memcpy(target, &low, 4);
  std::memcpy(target + 3, &high, 4);
}

void sum_pixel(const int16_t* taps, const int16_t* weights, bool swap, int32_t* sums) {
  const auto load = [](const int16_t* from) {
    return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  };
  const __m128i weight = load(weights);
  const __m128i first = _mm_unpacklo_epi16(load(taps), load(taps + 3));
  const __m128i second = _mm_unpacklo_epi16(load(taps + 6), load(taps + 9));
  __m128i sum = _mm_add_epi32(_mm_madd_epi16(first, _mm_shuffle_epi32(weight, 0x00)),
                              _mm_madd_epi16(second, _mm_shuffle_epi32(weight, 0x55)));
  if (swap) sum = _mm_shuffle_epi32(sum, _MM_SHUFFLE(3, 0, 1, 2));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(sums), sum);
}

#elif defined(__aarch64__)

template <bool kSwap>
void blend_two_pixels(const int16_t* first, const int16_t* second, const int16_t* weights, uint8_t* target) {
  const int16x8_t left = vcombine_s16(vld1_s16(first), vld1_s16(second));
  const int16x8_t right = vcombine_s16(vld1_s16(first + 3), vld1_s16(second + 3));
  const int16x8_t weight = vld1q_s16(weights);
  const int16x8_t difference = vsubq_s16(right, left);
  const int16x8_t part =
      vcombine_s16(vshrn_n_s32(vmull_s16(vget_low_s16(difference), vget_low_s16(weight)), 16),
                   vshrn_n_s32(vmull_s16(vget_high_s16(difference), vget_high_s16(weight)), 16));
  int16x8_t value = vaddq_s16(left, vaddq_s16(part, part));
  value = vshrq_n_s16(vaddq_s16(value, vdupq_n_s16(kHalf)), kLinearBits);
  uint8x8_t bytes = vqmovun_s16(value);
  if (kSwap) {
    constexpr uint8_t kReversed[8] = {2, 1, 0, 3, 6, 5, 4, 7};
    bytes = vtbl1_u8(bytes, vld1_u8(kReversed));
  }
  uint8_t pixels[8];
  vst1_u8(pixels, bytes);
  std::memcpy(target, pixels, 4);
  std::memcpy(target + 3, pixels + 4, 4);
}

void sum_pixel(const int16_t* taps, const int16_t* weights, bool swap, int32_t* sums) {
  int32x4_t sum = vmull_n_s16(vld1_s16(taps), weights[0]);
  sum = vmlal_n_s16(sum, vld1_s16(taps + 3), weights[1]);
  sum = vmlal_n_s16(sum, vld1_s16(taps + 6), weights[2]);
  sum = vmlal_n_s16(sum, vld1_s16(taps + 9), weights[3]);
  vst1q_s32(sums, sum);
  if (swap) std::swap(sums[0], sums[2]);
}

#else

template <bool kSwap>
void blend_two_pixels(const int16_t* first, const int16_t* second, const int16_t* weights, uint8_t* target) {
  blend_pixel(first, weights[0], kSwap, target);
  blend_pixel(second, weights[4], kSwap, target + 3);
}

void sum_pixel(const int16_t* taps, const int16_t* weights, bool swap, int32_t* sums) {
  for (int channel = 0; channel < 3; ++channel) {
    int32_t sum = 0;
    for (int tap = 0; tap < 4; ++tap) sum += taps[3 * tap + channel] * weights[tap];
    sums[swap ? 2 - channel : channel] = sum;
  }
}

#endif

template <bool kSwap>
void blend_all_columns(const int16_t* row, const ColumnTaps& taps, uint8_t* target) {
  // The last pixel is left to the loop below, which writes no byte behind it.
  int i = 0;
  for (; i + 2 < taps.count; i += 2) {
    blend_two_pixels<kSwap>(row + taps.offsets[i], row + taps.offsets[i + 1], taps.weights + 4 * i,
                            target + 3 * i);
  }
  for (; i < taps.count; ++i) {
    blend_pixel(row + taps.offsets[i], taps.weights[4 * i], kSwap, target + 3 * i);
  }
}

}  // namespace

POSE_TARGET_CLONES void blend_rows(const uint8_t* upper, const uint8_t* lower, int count, int weight,
                                   int16_t* __restrict blended) {
  const auto weight16 = static_cast<int16_t>(weight);
  for (int i = 0; i < count; ++i) {
    const auto a = static_cast<int16_t>(upper[i] << kLinearBits);
    const auto difference = static_cast<int16_t>((lower[i] - upper[i]) * (1 << kLinearBits));
    const auto part = static_cast<int16_t>((difference * weight16) >> 16);
    blended[i] = static_cast<int16_t>(a + 2 * part);
  }
}

void blend_columns(const int16_t* row, const ColumnTaps& taps, uint8_t* target) {
  if (taps.swap_red_and_blue) {
    blend_all_columns<true>(row, taps, target);
  } else {
    blend_all_columns<false>(row, taps, target);
  }
}

POSE_TARGET_CLONES void widen_row(const uint8_t* row, int count, int16_t* __restrict widened) {
  for (int i = 0; i < count; ++i) widened[i] = row[i];
}

void sum_columns(const int16_t* row, const ColumnTaps& taps, int32_t* sums) {
  for (int i = 0; i < taps.count; ++i) {
    sum_pixel(row + taps.offsets[i], taps.weights + 4 * i, taps.swap_red_and_blue, sums + 3 * i);
  }
}

POSE_TARGET_CLONES void sum_rows(const std::array<const int32_t*, 4>& rows,
                                 const std::array<int16_t, 4>& weights, int count,
                                 uint8_t* __restrict target) {
  constexpr float kUnit = 1.0F / (1 << (2 * kCubicBits));
  const float w0 = kUnit * weights[0];
  const float w1 = kUnit * weights[1];
  const float w2 = kUnit * weights[2];
  const float w3 = kUnit * weights[3];
  const int32_t* row0 = rows[0];
  const int32_t* row1 = rows[1];
  const int32_t* row2 = rows[2];
  const int32_t* row3 = rows[3];
  // Floats from bottom to top and half to even, as OpenCV's vector code has it.
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23
  const int eights = count / 8;
  for (int i = 0; i < 8 * eights; ++i) {
    const float sum = static_cast<float>(row0[i]) * w0 +
                      (static_cast<float>(row1[i]) * w1 +
                       (static_cast<float>(row2[i]) * w2 + static_cast<float>(row3[i]) * w3));
    const int level = static_cast<int>((sum + kRound) - kRound);
    target[i] = static_cast<uint8_t>(std::min(std::max(level, 0), 255));
  }
  // It takes 8 values at a time and leaves the rest of a row to whole numbers, which round halves up.
  constexpr int kHalfUnit = 1 << (2 * kCubicBits - 1);
  for (int i = 8 * eights; i < count; ++i) {
    const int sum = row0[i] * weights[0] + row1[i] * weights[1] + row2[i] * weights[2] + row3[i] * weights[3];
    target[i] = static_cast<uint8_t>(std::min(std::max((sum + kHalfUnit) >> (2 * kCubicBits), 0), 255));
  }
}

}  // namespace pose
