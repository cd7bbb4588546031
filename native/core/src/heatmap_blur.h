#pragma once

#include <vector>

#include "heatmap_blur_loops.h"
#include "heatmap_map.h"

namespace pose {

/** Blurs heatmaps with a Gaussian; beyond the border cells are 0.
 *
 * The kernel is the one that OpenCV's GaussianBlur makes of a size alone: sigma = 0.3 ((size - 1) / 2 - 1)
 * + 0.8, and fixed weights up to size 9. */
class HeatmapBlur {
 public:
  /** Sets the size of the maps and of the kernel (odd, 3..31). Allocates when they change. */
  void resize(int map_height, int map_width, int kernel);

  /** Blurs only the square of reach 1 or 2 around a cell. Values of its cells beyond the border mean nothing.
   */
  void blur_around(const HeatmapView& map, const HeatmapCell& centre, int reach, BlurredPatch& patch);

  /** The greatest cell of the whole blurred map; 0 where none is finite. */
  float blurred_maximum(const HeatmapView& map);

 private:
  const float* copy_window(const HeatmapView& map, const HeatmapCell& corner, int side);
  void add_taps(const float* cells, ptrdiff_t step, ptrdiff_t count, float* sums) const;

  int height_ = 0;
  int width_ = 0;
  int kernel_ = 0;
  PaddedWeights weights_{};
  std::vector<float> window_;   ///< of a patch near the border
  std::vector<float> padded_;   ///< a map with zeros above, below and between its rows
  std::vector<float> columns_;  ///< blurred in y alone
  std::vector<float> blurred_;
};

}  // namespace pose
