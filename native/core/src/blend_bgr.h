#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace pose {

/** Positions between pixels are whole 32nds; so weights of 4 neighbours sum up to 1024. */
constexpr int kPositionBits = 5;
constexpr int kPositionSteps = 1 << kPositionBits;

/** Two neighbouring BGR pixels in the low 6 bytes, the left one lowest; the other bytes do not matter. */
using BgrPair = uint64_t;

/** Reads 8 bytes. Little-endian, as every machine this runs on. */
inline BgrPair load_bgr_pair(const uint8_t* left) {
  BgrPair pair;
  std::memcpy(&pair, left, sizeof(pair));
  return pair;
}

/** A pixel in the low 3 bytes with its outer channels exchanged. */
inline uint32_t swap_red_and_blue(uint32_t pixel) { return __builtin_bswap32(pixel) >> 8; }

/** Bilinear mean of two rows of two pixels, as BGR in the low 3 bytes; the fourth does not matter. `fx`,
 *  `fy`: 0..31 of 32. */
inline uint32_t blend_bgr(BgrPair top, BgrPair bottom, int fx, int fy) {
#if defined(__SSE2__)
  const __m128i zero = _mm_setzero_si128();
  const __m128i a = _mm_unpacklo_epi8(_mm_set_epi64x(0, static_cast<int64_t>(top)), zero);
  const __m128i b = _mm_unpacklo_epi8(_mm_set_epi64x(0, static_cast<int64_t>(bottom)), zero);
  const __m128i weight_y = _mm_set1_epi16(static_cast<int16_t>(fy));
  const __m128i column =
      _mm_add_epi16(_mm_slli_epi16(a, kPositionBits), _mm_mullo_epi16(_mm_sub_epi16(b, a), weight_y));
  // Pairs (left, right) a channel, so that one multiply-add does the horizontal mean.
  const __m128i pairs = _mm_unpacklo_epi16(column, _mm_srli_si128(column, 6));
  const __m128i weight_x = _mm_set1_epi32((fx << 16) | (kPositionSteps - fx));
  __m128i mean = _mm_add_epi32(_mm_madd_epi16(pairs, weight_x), _mm_set1_epi32(512));
  mean = _mm_srli_epi32(mean, 10);
  mean = _mm_packs_epi32(mean, mean);
  mean = _mm_packus_epi16(mean, mean);
  return static_cast<uint32_t>(_mm_cvtsi128_si32(mean));
#elif defined(__ARM_NEON) && defined(__aarch64__)
  const uint16x8_t a = vmovl_u8(vcreate_u8(top));
  const uint16x8_t b = vmovl_u8(vcreate_u8(bottom));
  const uint16x8_t column =
      vmlaq_n_u16(vmulq_n_u16(a, static_cast<uint16_t>(kPositionSteps - fy)), b, static_cast<uint16_t>(fy));
  uint32x4_t mean = vmull_n_u16(vget_low_u16(column), static_cast<uint16_t>(kPositionSteps - fx));
  mean = vmlal_n_u16(mean, vget_low_u16(vextq_u16(column, column, 3)), static_cast<uint16_t>(fx));
  const uint16x4_t narrow = vrshrn_n_u32(mean, 10);
  const uint8x8_t bgrx = vmovn_u16(vcombine_u16(narrow, narrow));
  return vget_lane_u32(vreinterpret_u32_u8(bgrx), 0);
#else
  uint32_t bgr = 0;
  for (int c = 0; c < 3; ++c) {
    const auto channel = [c](BgrPair row, int pixel) {
      return static_cast<int>((row >> (8 * c + 24 * pixel)) & 0xFF);
    };
    const int left = channel(top, 0) * (kPositionSteps - fy) + channel(bottom, 0) * fy;
    const int right = channel(top, 1) * (kPositionSteps - fy) + channel(bottom, 1) * fy;
    bgr |= static_cast<uint32_t>((left * (kPositionSteps - fx) + right * fx + 512) >> 10) << (8 * c);
  }
  return bgr;
#endif
}

/** The second half of blend_bgr(): the mean of two neighbouring pixels of a row that blend_rows_to_32nds()
 * made. Reads 7 values from `left` on. */
inline uint32_t blend_columns_bgr(const int16_t* left, int fx) {
#if defined(__SSE2__)
  const __m128i a = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(left));
  const __m128i b = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(left + 3));
  const __m128i weight_x = _mm_set1_epi32((fx << 16) | (kPositionSteps - fx));
  __m128i mean = _mm_add_epi32(_mm_madd_epi16(_mm_unpacklo_epi16(a, b), weight_x), _mm_set1_epi32(512));
  mean = _mm_srli_epi32(mean, 10);
  mean = _mm_packs_epi32(mean, mean);
  mean = _mm_packus_epi16(mean, mean);
  return static_cast<uint32_t>(_mm_cvtsi128_si32(mean));
#elif defined(__ARM_NEON) && defined(__aarch64__)
  const int16x4_t a = vld1_s16(left);
  const int16x4_t b = vld1_s16(left + 3);
  int32x4_t mean = vmull_n_s16(a, static_cast<int16_t>(kPositionSteps - fx));
  mean = vmlal_n_s16(mean, b, static_cast<int16_t>(fx));
  const uint16x4_t narrow = vreinterpret_u16_s16(vrshrn_n_s32(mean, 10));
  const uint8x8_t bgrx = vmovn_u16(vcombine_u16(narrow, narrow));
  return vget_lane_u32(vreinterpret_u32_u8(bgrx), 0);
#else
  uint32_t bgr = 0;
  for (int c = 0; c < 3; ++c) {
    const int mean = (left[c] * (kPositionSteps - fx) + left[c + 3] * fx + 512) >> 10;
    bgr |= static_cast<uint32_t>(mean) << (8 * c);
  }
  return bgr;
#endif
}

}  // namespace pose
