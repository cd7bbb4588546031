#include "heatmap_blur.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "first_maximum.h"

namespace pose {
namespace {

constexpr int kWindowStride = patch_columns(kMaxBlurKernel);

/** Weights of OpenCV's getGaussianKernel(size, 0). */
PaddedWeights gaussian(int size) {
  // Halves of the fixed ones, in 256ths, from the outermost to the middle.
  static constexpr int kSmall[][5] = {{64, 128}, {16, 64, 96}, {8, 28, 56, 72}, {4, 13, 30, 51, 60}};
  PaddedWeights weights{};
  const int radius = size / 2;
  const double sigma = 0.3 * (radius - 1) + 0.8;
  double sum = 0.0;
  std::array<double, kMaxBlurKernel> raw{};
  for (int i = 0; i < size; ++i) {
    const int from_middle = std::abs(i - radius);
    const bool fixed = size <= 9;
    const double weight = fixed ? kSmall[radius - 1][radius - from_middle]
                                : std::exp(-from_middle * from_middle / (2.0 * sigma * sigma));
    raw[static_cast<size_t>(i)] = weight;
    sum += weight;
  }
  for (size_t i = 0; i < static_cast<size_t>(size); ++i) {
    weights[2 * kMaxPatchReach + i] = static_cast<float>(raw[i] / sum);
  }
  return weights;
}

}  // namespace

void HeatmapBlur::resize(int map_height, int map_width, int kernel) {
  if (map_height == height_ && map_width == width_ && kernel == kernel_) return;
  height_ = 0;  // not valid until all is there, should an allocation fail
  if (kernel != kernel_) weights_ = gaussian(kernel);
  const auto height = static_cast<size_t>(map_height);
  const auto gap = static_cast<size_t>(kernel - 1);  // above and below together, and between rows
  const size_t stride = static_cast<size_t>(map_width) + gap;
  window_.assign(static_cast<size_t>(kMaxBlurKernel + 2 * kMaxPatchReach) * kWindowStride, 0.0F);
  padded_.assign((height + gap) * stride, 0.0F);
  columns_.assign(height * stride + gap, 0.0F);
  blurred_.assign(height * stride, 0.0F);
  height_ = map_height;
  width_ = map_width;
  kernel_ = kernel;
}

void HeatmapBlur::blur_around(const HeatmapView& map, const HeatmapCell& centre, int reach,
                              BlurredPatch& patch) {
  const int margin = kernel_ / 2 + reach;
  const int side = 2 * margin + 1;
  const HeatmapCell corner{centre.x_map - margin, centre.y_map - margin};
  const ptrdiff_t last = static_cast<ptrdiff_t>(corner.y_map + side - 1) * map.width + corner.x_map;
  const bool inside = corner.x_map >= 0 && corner.y_map >= 0 && corner.x_map + side <= map.width &&
                      corner.y_map + side <= map.height &&
                      last + patch_columns(kernel_) <= static_cast<ptrdiff_t>(map.height) * map.width;
  if (inside) {
    blur_patch(map.cells + static_cast<ptrdiff_t>(corner.y_map) * map.width + corner.x_map, map.width,
               weights_, kernel_, reach, patch);
  } else {
    blur_patch(copy_window(map, corner, side), kWindowStride, weights_, kernel_, reach, patch);
  }
}

/** Cells from `corner` on, which may lie outside, with zeros beyond the border. */
const float* HeatmapBlur::copy_window(const HeatmapView& map, const HeatmapCell& corner, int side) {
  std::fill_n(window_.data(), side * kWindowStride, 0.0F);
  const int x_begin = std::max(corner.x_map, 0);
  const int x_end = std::min(corner.x_map + side, map.width);
  const int y_end = std::min(corner.y_map + side, map.height);
  for (int y = std::max(corner.y_map, 0); y < y_end; ++y) {
    const float* row = map.cells + static_cast<ptrdiff_t>(y) * map.width;
    std::copy(row + x_begin, row + x_end,
              window_.data() + (y - corner.y_map) * kWindowStride + (x_begin - corner.x_map));
  }
  return window_.data();
}

/** One pass: taps are `step` cells apart, the first at `cells`. */
void HeatmapBlur::add_taps(const float* cells, ptrdiff_t step, ptrdiff_t count, float* sums) const {
  std::fill_n(sums, count, 0.0F);
  const float* weights = weights_.data() + 2 * kMaxPatchReach;
  const int radius = kernel_ / 2;
  for (int tap = 0; tap <= radius; tap += 3) {
    std::array<TapPair, 3> pairs{};
    for (int i = 0; i < 3; ++i) {
      const int outer = std::min(tap + i, radius);
      // The middle tap meets itself, and pairs beyond it weigh nothing.
      const float share = tap + i < radius ? 1.0F : tap + i == radius ? 0.5F : 0.0F;
      pairs[static_cast<size_t>(i)] = {cells + outer * step, cells + (kernel_ - 1 - outer) * step,
                                       share * weights[outer]};
    }
    add_weighted(pairs, count, sums);
  }
}

float HeatmapBlur::blurred_maximum(const HeatmapView& map) {
  const int radius = kernel_ / 2;
  const ptrdiff_t gap = kernel_ - 1;
  const ptrdiff_t stride = map.width + gap;
  const ptrdiff_t count = map.height * stride;
  for (int y = 0; y < map.height; ++y) {
    std::copy_n(map.cells + static_cast<ptrdiff_t>(y) * map.width, map.width,
                padded_.data() + (y + radius) * stride + radius);
  }
  // With gaps between the rows that are as wide as the kernel reaches, each pass is one loop over all cells.
  // Cell i of `columns_` stands `radius` cells to the left of cell i of `blurred_`.
  add_taps(padded_.data(), stride, count, columns_.data());
  add_taps(columns_.data(), 1, count, blurred_.data());
  for (int y = 0; y < map.height; ++y) {
    std::fill_n(blurred_.data() + y * stride + map.width, gap, -std::numeric_limits<float>::infinity());
  }
  return first_maximum(blurred_.data(), static_cast<int>(count)).value;
}

}  // namespace pose
