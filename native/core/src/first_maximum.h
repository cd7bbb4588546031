#pragma once

namespace pose {

/** The first of the greatest of some cells, in the order in which they lie in memory. */
struct FirstMaximum {
  int index = -1;  ///< -1 where no cell is finite
  float value = 0.0F;
};

/** Cells that are not finite are passed over. */
FirstMaximum first_maximum(const float* cells, int count);

}  // namespace pose
