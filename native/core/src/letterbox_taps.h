#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "pose/letterbox.h"

namespace pose {

/** Where a target row or column takes its values from. */
struct Taps {
  int first;  ///< may lie before the image; those outside repeat the border
  std::array<int16_t, 4> weights;
};

/** Half to even, as OpenCV rounds. */
int16_t to_fixed(double value);

/** Position of a target pixel's centre among the source's, split into whole and fraction in float as OpenCV
 * does. */
std::pair<int, float> source_position(int target, double step);

/** Two taps: the first, and the weight of the second in 1/32768, four times. */
Taps linear_taps(int target, double step, int size);

/** Whether the same tables serve both. */
bool same_resize(const Letterbox& a, const Letterbox& b);

/** Throws std::invalid_argument unless a picture of that size fits the letterbox and both are there. */
void check_resize(int width, int height, const uint8_t* pixels, const Letterbox& letterbox,
                  const uint8_t* net_input);

/** Fills a network's input: `resize_row` is called with each row of the image within it and where it goes. */
template <typename ResizeRow>
void fill_rows(const Letterbox& letterbox, uint8_t* net_input, const ResizeRow& resize_row) {
  const ptrdiff_t row_bytes = ptrdiff_t{3} * letterbox.net_width;
  const ptrdiff_t left = ptrdiff_t{3} * letterbox.pad_left;
  const ptrdiff_t filled = ptrdiff_t{3} * letterbox.resized_width;
  uint8_t* target = net_input;
  std::memset(target, letterbox.fill, static_cast<size_t>(letterbox.pad_top * row_bytes));
  target += letterbox.pad_top * row_bytes;
  for (int y = 0; y < letterbox.resized_height; ++y, target += row_bytes) {
    std::memset(target, letterbox.fill, static_cast<size_t>(left));
    resize_row(y, target + left);
    std::memset(target + left + filled, letterbox.fill, static_cast<size_t>(row_bytes - left - filled));
  }
  const int pad_bottom = letterbox.net_height - letterbox.pad_top - letterbox.resized_height;
  std::memset(target, letterbox.fill, static_cast<size_t>(pad_bottom * row_bytes));
}

}  // namespace pose
