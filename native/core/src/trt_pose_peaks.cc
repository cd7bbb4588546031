#include "trt_pose_peaks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "float4.h"

namespace pose {
namespace {

/** Cells that are compared with the threshold at once. */
constexpr ptrdiff_t kBlock = 16;

/** Index of the cell that stands for one beyond the border: ... 2 1 | 0 1 2. */
int mirrored(int index, int size) {
  if (size == 1) return 0;
  // A window that is greater than the map is mirrored at both ends in turn.
  while (index < 0 || index >= size) index = index < 0 ? -index : 2 * (size - 1) - index;
  return index;
}

/** Distance of a cell's centre from the map's edge, rounded as the reference rounds it: it keeps places as
 * fractions of the map, and multiplies again. Samples of fields on the border between two cells tell. */
float from_edge(float cell, float size) { return (cell + 0.5F) / size * size; }

}  // namespace

void TrtPosePeakFinder::resize(const TrtPosePeakSearch& search) {
  search_ = search;
  scores_.reserve(room());
}

void TrtPosePeakFinder::find(const float* map, std::vector<TrtPosePeak>& peaks) {
  peaks.clear();
  bar_ = 0.0F;
  const ptrdiff_t cells = static_cast<ptrdiff_t>(search_.height) * search_.width;
  const float threshold = search_.threshold;
  ptrdiff_t first = 0;
  for (; first + kBlock <= cells; first += kBlock) {
    std::array<Int4, kBlock / 4> high;
    Int4 any_high{};
    for (size_t i = 0; i < high.size(); ++i) {
      high[i] = load4(map + first + 4 * static_cast<ptrdiff_t>(i)) >= threshold;
      any_high |= high[i];
    }
    if (!any4(any_high)) continue;
    for (size_t i = 0; i < high.size(); ++i) {
      if (!any4(high[i])) continue;
      for (ptrdiff_t lane = 0; lane < 4; ++lane)
        visit(map, first + 4 * static_cast<ptrdiff_t>(i) + lane, peaks);
    }
  }
  for (; first < cells; ++first) visit(map, first, peaks);
  keep_best(peaks);
  for (TrtPosePeak& peak : peaks) refine(map, peak);
}

/** Appends a cell if it is a peak. */
void TrtPosePeakFinder::visit(const float* map, ptrdiff_t cell, std::vector<TrtPosePeak>& peaks) {
  const float value = map[cell];
  if (!(value >= search_.threshold) || value <= bar_ || !std::isfinite(value)) return;
  const int row = static_cast<int>(cell / search_.width);
  const int column = static_cast<int>(cell % search_.width);
  if (!leads_window(map, row, column)) return;
  if (peaks.size() == room()) {
    keep_best(peaks);
    if (value <= bar_) return;
  }
  peaks.push_back({0.0F, 0.0F, value, static_cast<int16_t>(row), static_cast<int16_t>(column)});
}

bool TrtPosePeakFinder::leads_window(const float* map, int row, int column) const {
  const float* cell = map + static_cast<ptrdiff_t>(row) * search_.width + column;
  const float value = *cell;
  // Most cells of a peak's slope have a greater one right beside them.
  if (column > 0 && cell[-1] > value) return false;
  if (column + 1 < search_.width && cell[1] > value) return false;
  if (row > 0 && cell[-search_.width] > value) return false;
  if (row + 1 < search_.height && cell[search_.width] > value) return false;

  const int reach = search_.window / 2;
  const int first_column = std::max(column - reach, 0);
  const int last_column = std::min(column + reach, search_.width - 1);
  const int last_row = std::min(row + reach, search_.height - 1);
  for (int r = std::max(row - reach, 0); r <= last_row; ++r) {
    const float* cells = map + static_cast<ptrdiff_t>(r) * search_.width;
    for (int c = first_column; c <= last_column; ++c) {
      if (cells[c] > value) return false;
    }
  }
  return true;
}

/** Cuts to the best peaks; the order of those that stay does not change. */
void TrtPosePeakFinder::keep_best(std::vector<TrtPosePeak>& peaks) {
  if (peaks.size() <= search_.max_peaks) return;
  scores_.clear();
  for (const TrtPosePeak& peak : peaks) scores_.push_back(peak.score);
  const auto worst = scores_.begin() + static_cast<ptrdiff_t>(search_.max_peaks) - 1;
  std::nth_element(scores_.begin(), worst, scores_.end(), std::greater<float>());
  bar_ = *worst;
  size_t room_at_bar = search_.max_peaks;
  for (const TrtPosePeak& peak : peaks) room_at_bar -= peak.score > bar_ ? 1 : 0;
  size_t kept = 0;
  for (const TrtPosePeak& peak : peaks) {
    if (peak.score < bar_) continue;
    if (peak.score == bar_ && room_at_bar == 0) continue;
    if (peak.score == bar_) --room_at_bar;
    peaks[kept++] = peak;
  }
  peaks.resize(kept);
}

void TrtPosePeakFinder::refine(const float* map, TrtPosePeak& peak) const {
  const int reach = search_.window / 2;
  std::array<int, kTrtPoseMaxWindow> columns;
  for (int i = 0; i < search_.window; ++i) {
    columns[static_cast<size_t>(i)] = mirrored(peak.column - reach + i, search_.width);
  }
  Float4 sums{};  // of weight * row, weight * column, weight: three sums of the reference's order at once
  for (int row = peak.row - reach; row <= peak.row + reach; ++row) {
    const float* cells = map + static_cast<ptrdiff_t>(mirrored(row, search_.height)) * search_.width;
    for (int i = 0; i < search_.window; ++i) {
      const float weight = cells[columns[static_cast<size_t>(i)]];
      if (!std::isfinite(weight)) continue;
      sums +=
          weight * Float4{static_cast<float>(row), static_cast<float>(peak.column - reach + i), 1.0F, 0.0F};
    }
  }
  const auto height = static_cast<float>(search_.height);
  const auto width = static_cast<float>(search_.width);
  const float mean_row = sums[0] / sums[2];
  const float mean_column = sums[1] / sums[2];
  peak.y_map = from_edge(mean_row, height);
  peak.x_map = from_edge(mean_column, width);
  const auto reaches = [reach](float mean, int cell) {
    return std::abs(mean - static_cast<float>(cell)) <= static_cast<float>(reach);
  };
  const bool is_place = reaches(mean_row, peak.row) && reaches(mean_column, peak.column) &&
                        peak.y_map > 0.0F && peak.y_map < height && peak.x_map > 0.0F && peak.x_map < width;
  if (is_place) return;
  peak.y_map = from_edge(peak.row, height);
  peak.x_map = from_edge(peak.column, width);
}

}  // namespace pose
