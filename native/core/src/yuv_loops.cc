#include "yuv_loops.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "target_clones.h"

// As in letterbox_loops.cc, all paths give the same bytes.
#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace pose {
namespace {

constexpr int kMatrixBits = 13;
/** Fraction bits of what the matrix gives: a product keeps its upper 16 bits. */
constexpr int kLevelBits = kLinearBits + kMatrixBits - 16;
constexpr int kGreyChroma = 128 << kLinearBits;

/** Half a level, and half of the last bit of each product, which is cut off. */
constexpr int kRound = (1 << (kLevelBits - 1)) + 1;
/** Pixels that are mixed at once, and those behind them that may be written over. */
constexpr int kMixed = 8;
constexpr int kBehind = 2;

#if defined(__SSE2__)

/** Eight levels, 16 bits each, from what black, or grey, is 0 of. */
__m128i part(__m128i samples, int16_t factor) { return _mm_mulhi_epi16(samples, _mm_set1_epi16(factor)); }

/** Four pixels of 3 bytes, of 4 that have a zero behind them. */
__m128i without_gaps(__m128i pixels) {
  const __m128i first = _mm_and_si128(pixels, _mm_set_epi32(0, 0xFFFFFF, 0, 0xFFFFFF));
  const __m128i second = _mm_and_si128(pixels, _mm_set_epi32(0xFFFFFF, 0, 0xFFFFFF, 0));
  const __m128i pairs = _mm_or_si128(first, _mm_srli_epi64(second, 8));
  const __m128i low = _mm_and_si128(pairs, _mm_set_epi32(0, 0, -1, -1));
  const __m128i high = _mm_and_si128(pairs, _mm_set_epi32(-1, -1, 0, 0));
  return _mm_or_si128(low, _mm_srli_si128(high, 2));
}

void mix_eight(const int16_t* luma, const int16_t* a, const int16_t* b, const YuvMatrix& m, uint8_t* target) {
  const auto load = [](const int16_t* from, int zero) {
    return _mm_sub_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)),
                         _mm_set1_epi16(static_cast<int16_t>(zero)));
  };
  const __m128i chroma_a = load(a, kGreyChroma);
  const __m128i chroma_b = load(b, kGreyChroma);
  const __m128i light = _mm_add_epi16(part(load(luma, m.black), m.luma), _mm_set1_epi16(kRound));
  const __m128i first = _mm_srai_epi16(_mm_add_epi16(light, part(chroma_a, m.first_a)), kLevelBits);
  const __m128i green = _mm_add_epi16(part(chroma_a, m.second_a), part(chroma_b, m.second_b));
  const __m128i second = _mm_srai_epi16(_mm_add_epi16(light, green), kLevelBits);
  const __m128i third = _mm_srai_epi16(_mm_add_epi16(light, part(chroma_b, m.third_b)), kLevelBits);
  const __m128i two = _mm_unpacklo_epi8(_mm_packus_epi16(first, first), _mm_packus_epi16(second, second));
  const __m128i one = _mm_unpacklo_epi8(_mm_packus_epi16(third, third), _mm_setzero_si128());
  _mm_storeu_si128(reinterpret_cast<__m128i*>(target), without_gaps(_mm_unpacklo_epi16(two, one)));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(target + 12), without_gaps(_mm_unpackhi_epi16(two, one)));
}

__m128i load_pair(const int16_t* samples) {
  int pair = 0;
  std::memcpy(&pair, samples, sizeof(pair));
  return _mm_cvtsi32_si128(pair);
}

__m128i blend_four(const int16_t* row, const int32_t* offsets, const int16_t* weights) {
  const __m128i low = _mm_unpacklo_epi32(load_pair(row + offsets[0]), load_pair(row + offsets[1]));
  const __m128i high = _mm_unpacklo_epi32(load_pair(row + offsets[2]), load_pair(row + offsets[3]));
  const __m128i sums = _mm_madd_epi16(_mm_unpacklo_epi64(low, high),
                                      _mm_loadu_si128(reinterpret_cast<const __m128i*>(weights)));
  return _mm_srai_epi32(_mm_add_epi32(sums, _mm_set1_epi32(1 << (kSampleBits - 1))), kSampleBits);
}

/** Twice as wide, where the processor has AVX2: both return how many they have done. */
#define POSE_AVX2 __attribute__((target("avx2")))

bool has_avx2() {
  static const bool found = __builtin_cpu_supports("avx2") != 0;
  return found;
}

POSE_AVX2 __m256i blend_eight(const int16_t* row, const int32_t* offsets, const int16_t* weights) {
  const __m256i places = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(offsets));
  const __m256i pairs = _mm256_i32gather_epi32(reinterpret_cast<const int*>(row), places, sizeof(int16_t));
  const __m256i sums =
      _mm256_madd_epi16(pairs, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights)));
  return _mm256_srai_epi32(_mm256_add_epi32(sums, _mm256_set1_epi32(1 << (kSampleBits - 1))), kSampleBits);
}

POSE_AVX2 int blend_wide(const int16_t* row, const SampleTaps& taps, int16_t* target) {
  for (int i = 0; i < taps.count; i += kSamplesAtOnce) {
    const __m256i low = blend_eight(row, taps.offsets + i, taps.weights + 2 * i);
    const __m256i high = blend_eight(row, taps.offsets + i + 8, taps.weights + 2 * i + 16);
    const __m256i samples = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), _MM_SHUFFLE(3, 1, 2, 0));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(target + i), samples);
  }
  return taps.count;
}

POSE_AVX2 __m256i wide_part(__m256i samples, int16_t factor) {
  return _mm256_mulhi_epi16(samples, _mm256_set1_epi16(factor));
}

POSE_AVX2 __m256i load_wide(const int16_t* from, int zero) {
  return _mm256_sub_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)),
                          _mm256_set1_epi16(static_cast<int16_t>(zero)));
}

POSE_AVX2 int mix_wide(const int16_t* luma, const int16_t* a, const int16_t* b, int count, const YuvMatrix& m,
                       uint8_t* target) {
  // Of each half the four pixels without the zeros behind them.
  const __m256i packed =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
  const __m256i zero = _mm256_setzero_si256();
  const __m256i round = _mm256_set1_epi16(kRound);
  int i = 0;
  for (; i + kSamplesAtOnce + kBehind <= count; i += kSamplesAtOnce) {
    const __m256i chroma_a = load_wide(a + i, kGreyChroma);
    const __m256i chroma_b = load_wide(b + i, kGreyChroma);
    const __m256i light = _mm256_add_epi16(wide_part(load_wide(luma + i, m.black), m.luma), round);
    const __m256i green = _mm256_add_epi16(wide_part(chroma_a, m.second_a), wide_part(chroma_b, m.second_b));
    const __m256i first =
        _mm256_srai_epi16(_mm256_add_epi16(light, wide_part(chroma_a, m.first_a)), kLevelBits);
    const __m256i second = _mm256_srai_epi16(_mm256_add_epi16(light, green), kLevelBits);
    const __m256i third =
        _mm256_srai_epi16(_mm256_add_epi16(light, wide_part(chroma_b, m.third_b)), kLevelBits);
    const __m256i two =
        _mm256_unpacklo_epi8(_mm256_packus_epi16(first, first), _mm256_packus_epi16(second, second));
    const __m256i one = _mm256_unpacklo_epi8(_mm256_packus_epi16(third, third), zero);
    const __m256i low = _mm256_shuffle_epi8(_mm256_unpacklo_epi16(two, one), packed);
    const __m256i high = _mm256_shuffle_epi8(_mm256_unpackhi_epi16(two, one), packed);
    auto* pixels = target + 3 * i;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(pixels), _mm256_castsi256_si128(low));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(pixels + 12), _mm256_castsi256_si128(high));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(pixels + 24), _mm256_extracti128_si256(low, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(pixels + 36), _mm256_extracti128_si256(high, 1));
  }
  return i;
}

#elif defined(__aarch64__)

int16x8_t part(int16x8_t samples, int16_t factor) {
  return vcombine_s16(vshrn_n_s32(vmull_n_s16(vget_low_s16(samples), factor), 16),
                      vshrn_n_s32(vmull_n_s16(vget_high_s16(samples), factor), 16));
}

void mix_eight(const int16_t* luma, const int16_t* a, const int16_t* b, const YuvMatrix& m, uint8_t* target) {
  const int16x8_t chroma_a = vsubq_s16(vld1q_s16(a), vdupq_n_s16(kGreyChroma));
  const int16x8_t chroma_b = vsubq_s16(vld1q_s16(b), vdupq_n_s16(kGreyChroma));
  const int16x8_t light =
      vaddq_s16(part(vsubq_s16(vld1q_s16(luma), vdupq_n_s16(m.black)), m.luma), vdupq_n_s16(kRound));
  const int16x8_t green = vaddq_s16(part(chroma_a, m.second_a), part(chroma_b, m.second_b));
  uint8x8x3_t pixels;
  pixels.val[0] = vqmovun_s16(vshrq_n_s16(vaddq_s16(light, part(chroma_a, m.first_a)), kLevelBits));
  pixels.val[1] = vqmovun_s16(vshrq_n_s16(vaddq_s16(light, green), kLevelBits));
  pixels.val[2] = vqmovun_s16(vshrq_n_s16(vaddq_s16(light, part(chroma_b, m.third_b)), kLevelBits));
  vst3_u8(target, pixels);
}

#else

void mix_eight(const int16_t* luma, const int16_t* a, const int16_t* b, const YuvMatrix& m, uint8_t* target) {
  const auto part = [](int sample, int factor) { return (sample * factor) >> 16; };
  const auto level = [](int sum) {
    return static_cast<uint8_t>(std::min(std::max(sum >> kLevelBits, 0), 255));
  };
  for (int i = 0; i < kMixed; ++i) {
    const int chroma_a = a[i] - kGreyChroma;
    const int chroma_b = b[i] - kGreyChroma;
    const int light = part(luma[i] - m.black, m.luma) + kRound;
    target[3 * i] = level(light + part(chroma_a, m.first_a));
    target[3 * i + 1] = level(light + part(chroma_a, m.second_a) + part(chroma_b, m.second_b));
    target[3 * i + 2] = level(light + part(chroma_b, m.third_b));
  }
}

#endif

}  // namespace

YuvMatrix yuv_matrix(YuvColors colors, ColorOrder order) {
  const bool full = colors == YuvColors::bt601_full || colors == YuvColors::bt709_full;
  const bool is_709 = colors == YuvColors::bt709 || colors == YuvColors::bt709_full;
  const double red = is_709 ? 0.2126 : 0.299;
  const double blue = is_709 ? 0.0722 : 0.114;
  const double green = 1.0 - red - blue;
  const double chroma = full ? 1.0 : 255.0 / 224.0;
  const auto fixed = [](double factor) {
    return static_cast<int16_t>(std::lrint(factor * (1 << kMatrixBits)));
  };
  const int16_t blue_u = fixed(2 * (1 - blue) * chroma);
  const int16_t red_v = fixed(2 * (1 - red) * chroma);
  const int16_t green_u = fixed(-2 * blue * (1 - blue) / green * chroma);
  const int16_t green_v = fixed(-2 * red * (1 - red) / green * chroma);
  YuvMatrix matrix{};
  matrix.black = static_cast<int16_t>((full ? 0 : 16) << kLinearBits);
  matrix.luma = fixed(full ? 1.0 : 255.0 / 219.0);
  const bool blue_first = order == ColorOrder::bgr;
  matrix.first_a = blue_first ? blue_u : red_v;
  matrix.second_a = blue_first ? green_u : green_v;
  matrix.second_b = blue_first ? green_v : green_u;
  matrix.third_b = blue_first ? red_v : blue_u;
  return matrix;
}

void blend_samples(const int16_t* row, const SampleTaps& taps, int16_t* target) {
#if defined(__SSE2__)
  for (int i = has_avx2() ? blend_wide(row, taps, target) : 0; i < taps.count; i += 8) {
    const __m128i low = blend_four(row, taps.offsets + i, taps.weights + 2 * i);
    const __m128i high = blend_four(row, taps.offsets + i + 4, taps.weights + 2 * i + 8);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(target + i), _mm_packs_epi32(low, high));
  }
#else
  for (int i = 0; i < taps.count; ++i) {
    const int16_t* left = row + taps.offsets[i];
    const int sum = left[0] * taps.weights[2 * i] + left[1] * taps.weights[2 * i + 1];
    target[i] = static_cast<int16_t>((sum + (1 << (kSampleBits - 1))) >> kSampleBits);
  }
#endif
}

POSE_TARGET_CLONES void widen_luma(const uint8_t* row, int count, int16_t* __restrict widened) {
  for (int i = 0; i < count; ++i) widened[i] = static_cast<int16_t>(row[i] << kLinearBits);
}

POSE_TARGET_CLONES void widen_chroma(const uint8_t* row, int count, int16_t* __restrict widened) {
  for (int i = 0; i < count; ++i) {
    const auto sample = static_cast<int16_t>(row[i] << kLinearBits);
    widened[2 * i] = sample;
    widened[2 * i + 1] = sample;
  }
}

void mix_colors(const int16_t* luma, const int16_t* a, const int16_t* b, int count, const YuvMatrix& matrix,
                uint8_t* target) {
  int i = 0;
#if defined(__SSE2__)
  if (has_avx2()) i = mix_wide(luma, a, b, count, matrix, target);
#endif
  for (; i + kMixed + kBehind <= count; i += kMixed)
    mix_eight(luma + i, a + i, b + i, matrix, target + 3 * i);
  for (; i < count; i += kMixed) {
    uint8_t last[3 * (kMixed + kBehind)];
    mix_eight(luma + i, a + i, b + i, matrix, last);
    std::memcpy(target + 3 * i, last, static_cast<size_t>(3 * std::min(kMixed, count - i)));
  }
}

}  // namespace pose
