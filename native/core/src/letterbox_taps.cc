#include "letterbox_taps.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace pose {

int16_t to_fixed(double value) { return static_cast<int16_t>(std::lrint(value)); }

std::pair<int, float> source_position(int target, double step) {
  const auto position = static_cast<float>((target + 0.5) * step - 0.5);
  const float whole = std::floor(position);
  return {static_cast<int>(whole), position - whole};
}

Taps linear_taps(int target, double step, int size) {
  auto [first, fraction] = source_position(target, step);
  if (first < 0) fraction = 0.0F;
  if (first >= size - 1) fraction = 0.0F;
  first = std::min(std::max(first, 0), size - 1);
  const int16_t weight = to_fixed(std::min(fraction * 32768.0, 32767.0));
  return {first, {weight, weight, weight, weight}};
}

bool same_resize(const Letterbox& a, const Letterbox& b) {
  return a.image_width == b.image_width && a.image_height == b.image_height &&
         a.resized_width == b.resized_width && a.resized_height == b.resized_height && a.step_x == b.step_x &&
         a.step_y == b.step_y;
}

void check_resize(int width, int height, const uint8_t* pixels, const Letterbox& letterbox,
                  const uint8_t* net_input) {
  const auto size = [](int columns, int rows) {
    return std::to_string(columns) + "x" + std::to_string(rows);
  };
  if (width != letterbox.image_width || height != letterbox.image_height || width < 1 || height < 1) {
    throw std::invalid_argument("letterbox: expected an image of " +
                                size(letterbox.image_width, letterbox.image_height) + ", found " +
                                size(width, height));
  }
  if (pixels == nullptr || net_input == nullptr) {
    throw std::invalid_argument("letterbox: expected image and network input, found no data");
  }
}

}  // namespace pose
