#pragma once

#include <cstdint>
#include <cstring>

namespace pose {

// Four floats, as every x86-64 and aarch64 processor holds them, in the compilers' own notation: for loops
// too short for what an automatic vectorizer spends before the first round.
using Float4 __attribute__((vector_size(16))) = float;
using Int4 __attribute__((vector_size(16))) = int32_t;  ///< what a comparison gives: -1 or 0

inline Float4 load4(const float* from) {
  Float4 value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

inline void store4(float* to, const Float4& value) { std::memcpy(to, &value, sizeof(value)); }

inline bool any4(const Int4& flags) {
  int64_t halves[2];
  std::memcpy(halves, &flags, sizeof(halves));
  return (halves[0] | halves[1]) != 0;
}

}  // namespace pose

/** Picks lanes i, j, k, l of a (0..3) and b (4..7). */
#if defined(__clang__)
#define POSE_SHUFFLE4(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
#define POSE_SHUFFLE4(a, b, i, j, k, l) __builtin_shuffle(a, b, ::pose::Int4{i, j, k, l})
#endif
