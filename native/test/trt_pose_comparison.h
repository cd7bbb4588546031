#pragma once

#include "openpose_comparison.h"
#include "pose/trt_pose.h"
#include "trt_pose_plain_twin.h"

namespace pose::test {

/** Decodes with memory of its own. */
inline Instances decode_alone(const TensorView& cmap, const TensorView& paf,
                              const TrtPoseOptions& options = {}) {
  TrtPoseArena arena;
  Instances people;
  decode_trt_pose(cmap, paf, options, arena, people);
  return people;
}

inline void expect_equals_plain_twin(const TensorView& cmap, const TensorView& paf,
                                     const TrtPoseOptions& options) {
  expect_same(decode_alone(cmap, paf, options), decode_trt_pose_plainly(cmap, paf, options));
}

}  // namespace pose::test
