#pragma once

#include <vector>

#include "pose/heatmap.h"

namespace pose::test {

/** A keypoint as the references' own steps give it. */
struct TwinKeypoint {
  bool present = false;
  double x_map = 0.0;
  double y_map = 0.0;
  double score = 0.0;
  double slack = 0.0;  ///< cells by which single precision may move it
};

/** Every heatmap blurred as a whole, scaled back, limited and taken the logarithm of, in double precision,
 * without any of the decoder's short cuts. Cells must be finite. */
std::vector<TwinKeypoint> decode_heatmaps_densely(const TensorView& heatmaps, const HeatmapOptions& options);

}  // namespace pose::test
