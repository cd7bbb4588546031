#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pose {

/** A local maximum of a confidence map. */
struct TrtPosePeak {
  float y_map = 0.0F;  ///< refined, from the map's upper edge: the centre of row 0 lies at 0.5
  float x_map = 0.0F;  ///< the same from its left edge
  float score = 0.0F;  ///< the map's value
  int16_t row = 0;     ///< of its cell
  int16_t column = 0;
};

/** Largest side of a window of peaks, cells. */
constexpr int kTrtPoseMaxWindow = 15;

/** How peaks are looked for. */
struct TrtPosePeakSearch {
  int height = 0;  ///< of the map, cells
  int width = 0;
  float threshold = 0.0F;  ///< least value of a peak; above 0
  int window = 0;          ///< side of the square that a peak leads; odd
  size_t max_peaks = 0;    ///< those with the best values are kept; of equal ones the first
};

/** Finds the peaks of a confidence map, and their places between the cells.
 *
 * A peak reaches the threshold, and no cell of the window around it is greater: on a plateau every cell is
 * one. Its place is the mean of the window's cells weighted by their values; beyond the border the map is
 * mirrored, without repeating the cells of the border. Where that mean is no place in window and map, because
 * values are negative or overflow, it is the centre of the peak's cell. Values that are not finite weigh
 * nothing. */
class TrtPosePeakFinder {
 public:
  /** Allocates when more peaks than ever are asked for. */
  void resize(const TrtPosePeakSearch& search);

  /** Fills `peaks` with those of `map` (height x width), row by row. */
  void find(const float* map, std::vector<TrtPosePeak>& peaks);

  /** Room that find() needs in `peaks`. */
  size_t room() const { return 2 * search_.max_peaks; }

 private:
  void visit(const float* map, ptrdiff_t cell, std::vector<TrtPosePeak>& peaks);
  bool leads_window(const float* map, int row, int column) const;
  void keep_best(std::vector<TrtPosePeak>& peaks);
  void refine(const float* map, TrtPosePeak& peak) const;

  TrtPosePeakSearch search_;
  float bar_ = 0.0F;  ///< what a peak must exceed to be among the best
  std::vector<float> scores_;
};

}  // namespace pose
