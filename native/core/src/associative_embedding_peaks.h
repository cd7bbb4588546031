#pragma once

#include <vector>

#include "pose/associative_embedding.h"

namespace pose {

/** A keypoint that no person has yet. */
struct TagPeak {
  int x_map = 0;
  int y_map = 0;
  float score = 0.0F;
  float tag = 0.0F;
};

/** Where the peaks of one kind of keypoint are looked for. */
struct PeakMap {
  const float* scores;  ///< height x width
  const float* tags;    ///< height x width
  int height;
  int width;
};

/** Peaks that find_tag_peaks() holds at most while it searches. */
constexpr int peaks_in_search(int max_peaks) { return 2 * max_peaks; }

/** Fills `peaks` with the finite ones above the threshold, best first and in raster order where scores are
 * equal; at most `max_people`. */
void find_tag_peaks(const PeakMap& map, const AssociativeEmbeddingOptions& options,
                    std::vector<TagPeak>& peaks);

}  // namespace pose
