#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pose {

/** A keypoint's place in the enlarged map. */
struct Peak {
  int16_t x_up = 0;
  int16_t y_up = 0;
  float score = 0.0F;
};

/** Finds the peaks of a heatmap enlarged 4 times, without enlarging what cannot hold one.
 *
 * A bicubic value is at most 1.4134 times the greatest and 0.4134 times the magnitude of the least of its 16
 * taps. So only the surroundings of map cells above a bound are enlarged, in tiles of 8 blocks of 4 x 4
 * cells; everything else is known to lie below the threshold. The four phases of a row are kept in planes of
 * their own, which makes every loop run over neighbours in memory. */
class PeakFinder {
 public:
  /** Sets the size of the maps. Allocates when it changes. */
  void resize(int map_height, int map_width);

  /** Fills `peaks` with the local maxima of `map` (map_height x map_width) of at least `threshold` > 0, from
   * left to right, none closer than 3 enlarged cells to one further left, at most `max_peaks` with the best
   * scores. */
  void find(const float* map, float threshold, size_t max_peaks, std::vector<Peak>& peaks);

 private:
  /** Rows 4l+2 .. 4l+5 of the enlarged map, the block row between map rows l and l+1. */
  struct BlockRow {
    std::vector<float> values;    ///< 4 rows of 4 phase planes; 0 where nothing was enlarged
    std::vector<uint8_t> filled;  ///< a flag a tile
    std::array<bool, 4> high{};   ///< whether each row has a value that reaches the threshold
    int y_up = 0;                 ///< of the first of the rows
  };
  struct RowNeighbours {
    const float* above;
    const float* below;
  };
  /** A map row enlarged in x alone. */
  struct WideRow {
    int y = -1;
    std::vector<float> padded;  ///< the map row with its borders repeated
    std::vector<float> values;  ///< 4 phase planes
    std::vector<uint8_t> filled;
  };

  bool mark_candidates(const float* map);
  bool mark_tiles(int block_row);
  void enlarge(const float* map, int block_row, BlockRow& target);
  const float* wide_row(const float* map, int y, int first_tile, int last_tile);
  void clear_outside(BlockRow& target, int first_tile, int last_tile) const;
  void collect(const BlockRow& target, int row, const RowNeighbours& beside, std::vector<Peak>& peaks) const;
  void collect_block(int block, int y_up, const std::array<const float*, 3>& rows,
                     std::vector<Peak>& peaks) const;
  void drop_close(std::vector<Peak>& peaks) const;
  void keep_best(size_t count, std::vector<Peak>& peaks);

  int height_ = 0;
  int width_ = 0;
  int tiles_ = 0;
  float threshold_ = 0.0F;
  ptrdiff_t plane_ = 0;  ///< floats from one phase plane to the next
  ptrdiff_t row_ = 0;    ///< floats from one enlarged row to the next
  std::vector<uint8_t> flags_;
  std::vector<uint8_t> candidate_rows_;
  std::vector<uint8_t> candidate_tiles_;
  std::vector<uint8_t> tiles_of_row_;
  std::array<WideRow, 4> wide_rows_;
  std::array<BlockRow, 2> block_rows_;
  std::vector<float> zeros_;
  std::vector<float> scores_;
};

}  // namespace pose
