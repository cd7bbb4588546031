#pragma once

#include <gtest/gtest.h>

#include "openpose_dense_twin.h"
#include "pose/openpose.h"

namespace pose::test {

/** Decodes with memory of its own. */
inline Instances decode(const TensorView& heatmaps, const TensorView& pafs,
                        const OpenPoseOptions& options = {}) {
  OpenPoseArena arena;
  Instances people;
  decode_openpose(heatmaps, pafs, options, arena, people);
  return people;
}

/** No caps: the twin has none. */
inline OpenPoseOptions uncapped(LimbRatio ratio) {
  OpenPoseOptions options;
  options.limb_ratio = ratio;
  options.max_peaks = kOpenPoseMaxPeaks;
  options.max_people = 1 << 20;
  return options;
}

/** Equal to the bit, absent keypoints included. */
inline void expect_same(const Instances& found, const Instances& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found.headers[i].raw_score, expected.headers[i].raw_score) << "person " << i;
    ASSERT_EQ(found.headers[i].score, expected.headers[i].score) << "person " << i;
    ASSERT_EQ(found.headers[i].track_id, -1);
  }
  for (size_t i = 0; i < found.keypoints.size(); ++i) {
    const Keypoint& a = found.keypoints[i];
    const Keypoint& b = expected.keypoints[i];
    ASSERT_EQ(a.present(), b.present()) << "keypoint " << i;
    ASSERT_EQ(a.score, b.score) << "keypoint " << i;
    if (!a.present()) continue;
    ASSERT_EQ(a.x, b.x) << "keypoint " << i;
    ASSERT_EQ(a.y, b.y) << "keypoint " << i;
  }
}

/** In both modes. */
inline void expect_equals_twin(const TensorView& heatmaps, const TensorView& pafs, float threshold = 0.1F) {
  for (const LimbRatio ratio : {LimbRatio::all, LimbRatio::most}) {
    OpenPoseOptions options = uncapped(ratio);
    options.peak_threshold = threshold;
    expect_same(decode(heatmaps, pafs, options), decode_openpose_densely(heatmaps, pafs, threshold, ratio));
    if (::testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace pose::test
