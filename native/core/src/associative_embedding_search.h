#pragma once

#include <cstddef>
#include <vector>

namespace pose {

/** Finds the cell of a map that most likely is a given person's, for many people.
 *
 * That is the cell with the least round(|tag - person's tag|) - |heat|, the first of them in raster order.
 * Bounds of heat and tag are taken once for each block of cells; a person then costs a look at the bounds and
 * at the few blocks that may hold something better than the best block by them. */
class TagSearch {
 public:
  /** Makes room for maps of this many cells. */
  void reserve(int cells);

  /** Sets the maps to search, height x width each, which must stay in place. */
  void set_map(const float* heat, const float* tags, int cells);

  /** The cell for a person with the mean tag `tag`, or -1 where no cell is finite. */
  int find(float tag);

 private:
  struct Best {
    float cost;
    int cell;
  };
  void look_into(int block, float tag, Best& best);

  const float* heat_ = nullptr;
  const float* tags_ = nullptr;
  int whole_blocks_ = 0;
  int blocks_ = 0;  ///< with the cells that are left over at the end
  std::vector<float> last_heat_;
  std::vector<float> last_tags_;
  std::vector<float> max_heat_;
  std::vector<float> min_tag_;
  std::vector<float> max_tag_;
  std::vector<float> floors_;
  std::vector<float> costs_;
};

}  // namespace pose
