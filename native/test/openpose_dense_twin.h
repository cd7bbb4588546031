#pragma once

#include "pose/openpose.h"

namespace pose::test {

/** The OpenPose decoder written plainly: every map is enlarged whole, every rule is spelled out, nothing is
 * cached or left early. What decode_openpose() must equal, without its caps on peaks and people. */
Instances decode_openpose_densely(const TensorView& heatmaps, const TensorView& pafs, float peak_threshold,
                                  LimbRatio ratio);

}  // namespace pose::test
