#include "associative_embedding_loops.h"

#include <cmath>
#include <limits>

#include "float4.h"
#include "target_clones.h"

namespace pose {
namespace {

constexpr int kLanes = 16;
static_assert(kTagBlock == 4 * kLanes, "a block is folded in four");

constexpr float kInfinity = std::numeric_limits<float>::infinity();
/** From here on a float has no fraction: what is added to it and taken off again is rounded half to even. */
constexpr float kNoFraction = 8388608.0F;

// Conditions instead of std::min and std::max: written so, each is one instruction, and a NaN in first place
// never wins.
inline float lesser(float a, float b) { return a < b ? a : b; }
inline float greater(float a, float b) { return a > b ? a : b; }

inline float least_of(const float (&lanes)[kLanes]) {
  float eight[8];
  float four[4];
  for (int i = 0; i < 8; ++i) eight[i] = lesser(lanes[i], lanes[8 + i]);
  for (int i = 0; i < 4; ++i) four[i] = lesser(eight[i], eight[4 + i]);
  return lesser(lesser(four[0], four[1]), lesser(four[2], four[3]));
}

inline float greatest_of(const float (&lanes)[kLanes]) {
  float eight[8];
  float four[4];
  for (int i = 0; i < 8; ++i) eight[i] = greater(lanes[i], lanes[8 + i]);
  for (int i = 0; i < 4; ++i) four[i] = greater(eight[i], eight[4 + i]);
  return greater(greater(four[0], four[1]), greater(four[2], four[3]));
}

// An automatic vectorizer leaves what follows scalar: it takes the constants of a condition for branches.

/** `a` where the flags are set, else `b`. */
inline Float4 select4(Int4 flags, Float4 a, Float4 b) {
  return reinterpret_cast<Float4>((reinterpret_cast<Int4>(a) & flags) | (reinterpret_cast<Int4>(b) & ~flags));
}

inline Float4 magnitude4(Float4 value) {
  constexpr int32_t kAllButSign = 0x7FFFFFFF;
  return reinterpret_cast<Float4>(reinterpret_cast<Int4>(value) & kAllButSign);
}

/** Rounds half to even, after a cut to at most kNoFraction. */
inline Float4 rounded4(Float4 distance) {
  const Float4 limit = Float4{} + kNoFraction;
  const Float4 cut = select4(distance < limit, distance, limit);
  return (cut + kNoFraction) - kNoFraction;
}

}  // namespace

POSE_TARGET_CLONES int count_above(const float* cells, int count, float bar) {
  int found = 0;
  for (int i = 0; i < count; ++i) found += static_cast<int>(cells[i] > bar);
  return found;
}

POSE_TARGET_CLONES void bound_blocks(const float* heat, const float* tags, int blocks,
                                     const TagBlockBounds& bounds) {
  for (int block = 0; block < blocks; ++block) {
    float high[kLanes];
    float low_tag[kLanes];
    float high_tag[kLanes];
    for (int i = 0; i < kLanes; ++i) {
      high[i] = greater(std::fabs(heat[i]), 0.0F);
      high[i] = greater(std::fabs(heat[kLanes + i]), high[i]);
      high[i] = greater(std::fabs(heat[2 * kLanes + i]), high[i]);
      high[i] = greater(std::fabs(heat[3 * kLanes + i]), high[i]);
      low_tag[i] = lesser(tags[i], kInfinity);
      low_tag[i] = lesser(tags[kLanes + i], low_tag[i]);
      low_tag[i] = lesser(tags[2 * kLanes + i], low_tag[i]);
      low_tag[i] = lesser(tags[3 * kLanes + i], low_tag[i]);
      high_tag[i] = greater(tags[i], -kInfinity);
      high_tag[i] = greater(tags[kLanes + i], high_tag[i]);
      high_tag[i] = greater(tags[2 * kLanes + i], high_tag[i]);
      high_tag[i] = greater(tags[3 * kLanes + i], high_tag[i]);
    }
    bounds.max_heat[block] = greatest_of(high);
    bounds.min_tag[block] = least_of(low_tag);
    bounds.max_tag[block] = greatest_of(high_tag);
    heat += kTagBlock;
    tags += kTagBlock;
  }
}

void block_floors(const TagBlockBounds& bounds, int blocks, float tag, float* floors) {
  // Subtracting and rounding keep order, so that this holds to the bit for every cell of the block.
  for (int i = 0; i < blocks; i += 4) {
    const Float4 below = load4(bounds.min_tag + i) - tag;
    const Float4 above = tag - load4(bounds.max_tag + i);
    const Float4 outside = select4(below > above, below, above);
    const Float4 distance = select4(outside > 0.0F, outside, Float4{});
    store4(floors + i, rounded4(distance) - load4(bounds.max_heat + i));
  }
}

float block_costs(const float* heat, const float* tags, float tag, float* costs) {
  Float4 least = Float4{} + kInfinity;
  for (int i = 0; i < kTagBlock; i += 4) {
    const Float4 value = magnitude4(load4(heat + i));
    const Float4 distance = magnitude4(load4(tags + i) - tag);
    const Float4 doubt = (value - value) + (distance - distance);  // NaN where one is not finite, else 0
    const Float4 cost = (rounded4(distance) - value) + doubt;
    store4(costs + i, cost);
    least = select4(cost < least, cost, least);
  }
  return lesser(lesser(least[0], least[1]), lesser(least[2], least[3]));
}

}  // namespace pose
