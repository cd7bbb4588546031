#pragma once

#include <gtest/gtest.h>

#include "associative_embedding_twin.h"
#include "pose/associative_embedding.h"

namespace pose::test {

/** Decodes with memory of its own. */
inline Instances decode(const TensorView& heatmaps, const TensorView& tags, const TensorView& nms_heatmaps,
                        const AssociativeEmbeddingOptions& options = {}) {
  AssociativeEmbeddingArena arena;
  Instances people;
  decode_associative_embedding(heatmaps, tags, nms_heatmaps, options, arena, people);
  return people;
}

/** Equal to the bit, absent keypoints included. */
inline void expect_same_people(const Instances& found, const Instances& expected) {
  ASSERT_EQ(found.size(), expected.size());
  ASSERT_EQ(found.keypoint_count, expected.keypoint_count);
  for (size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found.headers[i].raw_score, expected.headers[i].raw_score) << "person " << i;
    ASSERT_EQ(found.headers[i].score, expected.headers[i].score) << "person " << i;
    ASSERT_EQ(found.headers[i].track_id, -1);
  }
  ASSERT_EQ(found.keypoints.size(), expected.keypoints.size());
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

inline void expect_equals_twin(const TensorView& heatmaps, const TensorView& tags,
                               const TensorView& nms_heatmaps, const AssociativeEmbeddingOptions& options) {
  expect_same_people(decode(heatmaps, tags, nms_heatmaps, options),
                     decode_associative_embedding_plainly(heatmaps, tags, nms_heatmaps, options));
}

}  // namespace pose::test
