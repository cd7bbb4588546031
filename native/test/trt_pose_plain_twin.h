#pragma once

#include "pose/trt_pose.h"

namespace pose::test {

/** The trt_pose decoder written plainly, one cell, pair and sample after the other; the best pairs are found
 * by another method. What decode_trt_pose() must equal to the bit. */
Instances decode_trt_pose_plainly(const TensorView& cmap, const TensorView& paf,
                                  const TrtPoseOptions& options);

}  // namespace pose::test
