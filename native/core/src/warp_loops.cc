#include "warp_loops.h"

#include "blend_bgr.h"
#include "target_clones.h"

namespace pose {

POSE_TARGET_CLONES void blend_rows_to_32nds(const uint8_t* upper, const uint8_t* lower, int count, int weight,
                                            int16_t* blended) {
  const auto weight_low = static_cast<int16_t>(weight);
  const auto weight_up = static_cast<int16_t>(kPositionSteps - weight);
  for (int i = 0; i < count; ++i) {
    blended[i] = static_cast<int16_t>(upper[i] * weight_up + lower[i] * weight_low);
  }
}

}  // namespace pose
