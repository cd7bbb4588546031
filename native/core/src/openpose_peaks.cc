#include "openpose_peaks.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "openpose_peak_loops.h"
#include "openpose_upsampling.h"

namespace pose {
namespace {

constexpr int kTile = 8;       // blocks
constexpr ptrdiff_t kPad = 8;  // floats before and after a plane, so that neighbours of its ends can be read
constexpr int kLeftTaps = 2;   // map cells a padded row begins before the map: taps of block -1 begin at -2
constexpr int kMinDistance = 3;  // enlarged cells

/** Sums of the positive and the negative products of weights over the 16 taps, at the phases where they are
 *  greatest. */
constexpr double kPositiveGain = 1.4134;
constexpr double kNegativeGain = 0.4134;

/** A cell below `low` counts as candidate itself, so that the bound for all others need not know the least
 * cell of the map. The share is a compromise: networks leave noise of some hundredths below 0. */
CandidateBounds candidate_bounds(float threshold) {
  constexpr double kLowShare = 0.3;
  constexpr double kRounding = 1e-4;  // far more than 16 roundings of a float
  const double low = -kLowShare * threshold;
  const double high = (threshold * (1.0 - kRounding) + kNegativeGain * low) / kPositiveGain;
  return {static_cast<float>(high), static_cast<float>(low)};
}

/** Calls visit(first, last) for each run of set flags. */
template <class Visit>
void for_each_run(const std::vector<uint8_t>& flags, const Visit& visit) {
  const int count = static_cast<int>(flags.size());
  for (int first = 0; first < count; ++first) {
    if (flags[static_cast<size_t>(first)] == 0) continue;
    int last = first + 1;
    while (last < count && flags[static_cast<size_t>(last)] != 0) ++last;
    visit(first, last);
    first = last;
  }
}

}  // namespace

void PeakFinder::resize(int map_height, int map_width) {
  if (map_height == height_ && map_width == width_) return;
  height_ = map_height;
  width_ = map_width;
  const int blocks = map_width + 1;
  tiles_ = (blocks + kTile - 1) / kTile;
  plane_ = kTile * tiles_ + 2 * kPad;
  row_ = 4 * plane_;
  const auto tiles = static_cast<size_t>(tiles_);
  const auto height = static_cast<size_t>(map_height);
  flags_.assign(static_cast<size_t>(plane_), 0);
  candidate_rows_.assign(height, 0);
  candidate_tiles_.assign(height * tiles, 0);
  tiles_of_row_.assign(tiles, 0);
  for (WideRow& row : wide_rows_) {
    row.y = -1;
    row.padded.assign(static_cast<size_t>(plane_), 0.0F);
    row.values.assign(static_cast<size_t>(row_), 0.0F);
    row.filled.assign(tiles, 0);
  }
  for (BlockRow& row : block_rows_) {
    row.values.assign(static_cast<size_t>(4 * row_), 0.0F);
    row.filled.assign(tiles, 0);
  }
  zeros_.assign(static_cast<size_t>(row_), 0.0F);
  // Bicubic interpolation makes at most about one maximum a map cell.
  scores_.reserve(height * static_cast<size_t>(map_width));
}

void PeakFinder::find(const float* map, float threshold, size_t max_peaks, std::vector<Peak>& peaks) {
  peaks.clear();
  threshold_ = threshold;
  if (!mark_candidates(map)) return;
  for (WideRow& row : wide_rows_) row.y = -1;

  // A row of the enlarged map is searched once the row below it is there, so the last of a block row waits.
  const BlockRow* previous = nullptr;
  size_t next_slot = 0;
  for (int block_row = -1; block_row <= height_; ++block_row) {
    BlockRow* current = nullptr;
    if (block_row < height_ && mark_tiles(block_row)) {
      current = &block_rows_[next_slot];
      next_slot = 1 - next_slot;
      enlarge(map, block_row, *current);
    }
    const float* row0 = current != nullptr ? current->values.data() : zeros_.data();
    const float* before = zeros_.data();
    if (previous != nullptr) {
      before = previous->values.data() + 3 * row_;
      collect(*previous, 3, {before - row_, row0}, peaks);
    }
    if (current != nullptr) {
      collect(*current, 0, {before, row0 + row_}, peaks);
      collect(*current, 1, {row0, row0 + 2 * row_}, peaks);
      collect(*current, 2, {row0 + row_, row0 + 3 * row_}, peaks);
    }
    previous = current;
  }
  drop_close(peaks);
  keep_best(max_peaks, peaks);
}

/** Flags the rows and, within them, the tiles that have a candidate among their taps. False if none has. */
bool PeakFinder::mark_candidates(const float* map) {
  const CandidateBounds bounds = candidate_bounds(threshold_);
  // Flag i belongs to map cell i - kLeftTaps; tile t has the taps 8t-2 .. 8t+8. The pads stay 0.
  uint8_t* flags = flags_.data() + kLeftTaps;
  bool any = false;
  for (int y = 0; y < height_; ++y) {
    const auto row = static_cast<size_t>(y);
    const float* cells = map + static_cast<ptrdiff_t>(y) * width_;
    const bool found = count_candidates(cells, width_, bounds) > 0;
    candidate_rows_[row] = found ? 1 : 0;
    if (!found) continue;
    any = true;
    flag_candidates(cells, width_, bounds, flags);
    uint8_t* tiles = &candidate_tiles_[row * static_cast<size_t>(tiles_)];
    for (int tile = 0; tile < tiles_; ++tile) {
      uint8_t flag = 0;
      for (int i = 0; i < kTile + 3; ++i) flag |= flags_[static_cast<size_t>(kTile * tile + i)];
      tiles[tile] = flag;
    }
  }
  return any;
}

/** Unites in tiles_of_row_ the tiles of the four map rows around a block row. False if there is none. */
bool PeakFinder::mark_tiles(int block_row) {
  std::fill(tiles_of_row_.begin(), tiles_of_row_.end(), uint8_t{0});
  bool any = false;
  for (int y = std::max(block_row - 1, 0); y <= std::min(block_row + 2, height_ - 1); ++y) {
    const auto row = static_cast<size_t>(y);
    if (candidate_rows_[row] == 0) continue;
    any = true;
    const uint8_t* tiles = &candidate_tiles_[row * static_cast<size_t>(tiles_)];
    for (size_t tile = 0; tile < tiles_of_row_.size(); ++tile) tiles_of_row_[tile] |= tiles[tile];
  }
  return any;
}

/** Fills the marked tiles of a block row and clears those that an earlier one left. */
void PeakFinder::enlarge(const float* map, int block_row, BlockRow& target) {
  for (size_t tile = 0; tile < target.filled.size(); ++tile) {
    if (target.filled[tile] == 0 || tiles_of_row_[tile] != 0) continue;
    float* values = target.values.data() + kPad + kTile * static_cast<ptrdiff_t>(tile);
    for (ptrdiff_t plane = 0; plane < 16; ++plane) std::fill_n(values + plane * plane_, kTile, 0.0F);
  }
  target.filled = tiles_of_row_;
  target.high.fill(false);
  target.y_up = kUpsampling * block_row + 2;
  for_each_run(tiles_of_row_, [&](int first, int last) {
    std::array<const float*, 4> rows{};
    for (int tap = 0; tap < 4; ++tap) {
      const int y = std::clamp(block_row - 1 + tap, 0, height_ - 1);
      rows[static_cast<size_t>(tap)] = wide_row(map, y, first, last) + kTile * first;
    }
    const std::array<bool, 4> high = enlarge_in_y(rows, kTile * (last - first), plane_, threshold_,
                                                  target.values.data() + kPad + kTile * first);
    for (size_t row = 0; row < high.size(); ++row) target.high[row] = target.high[row] || high[row];
    clear_outside(target, first, last);
  });
}

/** Block 0 of a map row enlarged in x, filled for the given tiles at least. */
const float* PeakFinder::wide_row(const float* map, int y, int first_tile, int last_tile) {
  WideRow& row = wide_rows_[static_cast<size_t>(y) % wide_rows_.size()];
  if (row.y != y) {
    row.y = y;
    std::fill(row.filled.begin(), row.filled.end(), uint8_t{0});
    const float* cells = map + static_cast<ptrdiff_t>(y) * width_;
    std::fill_n(row.padded.data(), kLeftTaps, cells[0]);
    std::copy_n(cells, width_, row.padded.data() + kLeftTaps);
    std::fill(row.padded.data() + kLeftTaps + width_, row.padded.data() + row.padded.size(),
              cells[width_ - 1]);
  }
  float* values = row.values.data() + kPad;
  int first = first_tile;
  int last = last_tile;
  while (first < last && row.filled[static_cast<size_t>(first)] != 0) ++first;
  while (first < last && row.filled[static_cast<size_t>(last - 1)] != 0) --last;
  if (first < last) {
    enlarge_in_x(row.padded.data() + kTile * first, kTile * (last - first), plane_, values + kTile * first);
    std::fill(row.filled.begin() + first, row.filled.begin() + last, uint8_t{1});
  }
  return values;
}

/** Sets to 0 what tiles hold beyond the borders of the enlarged map. */
void PeakFinder::clear_outside(BlockRow& target, int first_tile, int last_tile) const {
  const int first = kTile * first_tile;
  const int count = kTile * (last_tile - first_tile);
  for (int row = 0; row < 4; ++row) {
    float* values = target.values.data() + row * row_ + kPad;
    const int y_up = target.y_up + row;
    const bool outside = y_up < 0 || y_up >= kUpsampling * height_;
    for (int phase = 0; phase < 4; ++phase) {
      float* plane = values + phase * plane_;
      if (outside) std::fill_n(plane + first, count, 0.0F);
      // Column of block i (between map cells i-1 and i) and phase p: 4i - 2 + p.
      if (first == 0 && phase < 2) plane[0] = 0.0F;
      const int end = phase < 2 ? width_ + 1 : width_;
      if (first + count > end) std::fill(plane + end, plane + first + count, 0.0F);
    }
  }
}

/** Appends the peaks of a row, from left to right. */
void PeakFinder::collect(const BlockRow& target, int row, const RowNeighbours& beside,
                         std::vector<Peak>& peaks) const {
  if (!target.high[static_cast<size_t>(row)]) return;
  // Block 0 of the rows above, here and below.
  const std::array<const float*, 3> rows = {beside.above + kPad, target.values.data() + row * row_ + kPad,
                                            beside.below + kPad};
  const auto count = [&](int first, int last) {
    const ptrdiff_t block = kTile * first;
    return count_peaks({rows[0] + block, rows[1] + block, rows[2] + block}, kTile * (last - first), plane_,
                       threshold_);
  };
  for_each_run(target.filled, [&](int first, int last) {
    if (count(first, last) == 0) return;
    for (int tile = first; tile < last; ++tile) {
      if (last - first > 1 && count(tile, tile + 1) == 0) continue;
      for (int block = kTile * tile; block < kTile * (tile + 1); ++block) {
        collect_block(block, target.y_up + row, rows, peaks);
      }
    }
  });
}

/** Appends the peaks among the four columns of a block of the middle one of three rows. */
void PeakFinder::collect_block(int block, int y_up, const std::array<const float*, 3>& rows,
                               std::vector<Peak>& peaks) const {
  for (int phase = 0; phase < 4; ++phase) {
    const ptrdiff_t at = phase * plane_ + block;
    const float v = rows[1][at];
    if (!(v >= threshold_) || rows[0][at] >= v || rows[2][at] >= v) continue;
    const float left = phase > 0 ? rows[1][at - plane_] : rows[1][at + 3 * plane_ - 1];
    const float right = phase < 3 ? rows[1][at + plane_] : rows[1][at - 3 * plane_ + 1];
    if (left >= v || right >= v || !std::isfinite(v)) continue;
    const int x_up = kUpsampling * block - 2 + phase;
    peaks.push_back({static_cast<int16_t>(x_up), static_cast<int16_t>(y_up), v});
  }
}

/** Sorts by x and drops what lies closer than 3 cells to a peak further left that was kept. */
void PeakFinder::drop_close(std::vector<Peak>& peaks) const {
  // The same call as the reference makes, for among equal x its order depends on the sorting algorithm.
  std::sort(peaks.begin(), peaks.end(), [](const Peak& a, const Peak& b) { return a.x_up < b.x_up; });
  constexpr int16_t kDropped = -1;
  for (size_t i = 0; i < peaks.size(); ++i) {
    if (peaks[i].y_up == kDropped) continue;
    for (size_t j = i + 1; j < peaks.size(); ++j) {
      const int dx = peaks[j].x_up - peaks[i].x_up;
      if (dx >= kMinDistance) break;
      if (peaks[j].y_up == kDropped) continue;
      const int dy = peaks[j].y_up - peaks[i].y_up;
      if (dx * dx + dy * dy < kMinDistance * kMinDistance) peaks[j].y_up = kDropped;
    }
  }
  peaks.erase(
      std::remove_if(peaks.begin(), peaks.end(), [](const Peak& peak) { return peak.y_up == kDropped; }),
      peaks.end());
}

/** Cuts to the `count` peaks with the best scores; the order of those that stay does not change. */
void PeakFinder::keep_best(size_t count, std::vector<Peak>& peaks) {
  if (peaks.size() <= count) return;
  scores_.clear();
  for (const Peak& peak : peaks) scores_.push_back(peak.score);
  const auto worst = scores_.begin() + static_cast<ptrdiff_t>(count) - 1;
  std::nth_element(scores_.begin(), worst, scores_.end(), std::greater<float>());
  const float bar = *worst;
  size_t above = 0;
  for (const Peak& peak : peaks) above += peak.score > bar ? 1 : 0;
  size_t room_at_bar = count - above;
  size_t kept = 0;
  for (const Peak& peak : peaks) {
    if (peak.score < bar) continue;
    if (peak.score == bar && room_at_bar == 0) continue;
    if (peak.score == bar) --room_at_bar;
    peaks[kept++] = peak;
  }
  peaks.resize(kept);
}

}  // namespace pose
