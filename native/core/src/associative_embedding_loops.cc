#include "associative_embedding_loops.h"

#include <cmath>
#include <limits>

#include "target_clones.h"

namespace pose {
namespace {

constexpr int kLanes = 16;
static_assert(kTagBlock == 4 * kLanes, "a block is folded in four");

constexpr float kMaxFinite = std::numeric_limits<float>::max();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
/** From here on a float has no fraction; what is added to it and taken off again is rounded half to even. */
constexpr float kNoFraction = 8388608.0F;

// Conditions instead of std::min and std::max: written so, each is one instruction on every processor, and a
// NaN in first place never wins.
inline float lesser(float a, float b) { return a < b ? a : b; }
inline float greater(float a, float b) { return a > b ? a : b; }

inline float rounded(float distance) {
  const float whole = (distance + kNoFraction) - kNoFraction;
  return distance < kNoFraction ? whole : distance;
}

inline float magnitude(float heat) {
  const float value = std::fabs(heat);
  return value <= kMaxFinite ? value : 0.0F;
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
      high[i] = greater(greater(magnitude(heat[i]), magnitude(heat[kLanes + i])),
                        greater(magnitude(heat[2 * kLanes + i]), magnitude(heat[3 * kLanes + i])));
      low_tag[i] = lesser(tags[i], kInfinity);
      low_tag[i] = lesser(tags[kLanes + i], low_tag[i]);
      low_tag[i] = lesser(tags[2 * kLanes + i], low_tag[i]);
      low_tag[i] = lesser(tags[3 * kLanes + i], low_tag[i]);
      high_tag[i] = greater(tags[i], -kInfinity);
      high_tag[i] = greater(tags[kLanes + i], high_tag[i]);
      high_tag[i] = greater(tags[2 * kLanes + i], high_tag[i]);
      high_tag[i] = greater(tags[3 * kLanes + i], high_tag[i]);
    }
    for (int half = kLanes / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) {
        high[i] = greater(high[i], high[half + i]);
        low_tag[i] = lesser(low_tag[i], low_tag[half + i]);
        high_tag[i] = greater(high_tag[i], high_tag[half + i]);
      }
    }
    bounds.max_heat[block] = high[0];
    bounds.min_tag[block] = low_tag[0];
    bounds.max_tag[block] = high_tag[0];
    heat += kTagBlock;
    tags += kTagBlock;
  }
}

POSE_TARGET_CLONES void block_floors(const TagBlockBounds& bounds, int blocks, float tag, float* floors) {
  const float* max_heat = bounds.max_heat;
  const float* min_tag = bounds.min_tag;
  const float* max_tag = bounds.max_tag;
  // Subtracting and rounding keep order, so that this holds to the bit for every cell of the block.
  for (int i = 0; i < blocks; ++i) {
    const float outside = greater(greater(min_tag[i] - tag, tag - max_tag[i]), 0.0F);
    floors[i] = rounded(outside) - max_heat[i];
  }
}

POSE_TARGET_CLONES float block_costs(const float* heat, const float* tags, float tag, float* costs) {
  for (int i = 0; i < kTagBlock; ++i) {
    const float value = std::fabs(heat[i]);
    const float cost = rounded(std::fabs(tags[i] - tag)) - value;
    costs[i] = value <= kMaxFinite ? lesser(cost, kInfinity) : kInfinity;
  }
  float least[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    least[i] =
        lesser(lesser(costs[i], costs[kLanes + i]), lesser(costs[2 * kLanes + i], costs[3 * kLanes + i]));
  }
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) least[i] = lesser(least[i], least[half + i]);
  }
  return least[0];
}

}  // namespace pose
