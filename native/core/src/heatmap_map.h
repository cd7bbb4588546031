#pragma once

#include <cstddef>

namespace pose {

/** One keypoint's heatmap, row by row. */
struct HeatmapView {
  const float* cells;
  int height;
  int width;

  float at(int x_map, int y_map) const { return cells[static_cast<ptrdiff_t>(y_map) * width + x_map]; }
};

/** A cell's place in its map. */
struct HeatmapCell {
  int x_map;
  int y_map;
};

/** What a refinement adds to a cell's place, cells. */
struct HeatmapOffset {
  float x_map = 0.0F;
  float y_map = 0.0F;
};

}  // namespace pose
