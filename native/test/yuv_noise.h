#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "pose/yuv_view.h"

namespace pose::test {

/** A picture in three packed planes. */
struct YuvPicture {
  YuvPicture(int w, int h, YuvColors c) : width(w), height(h), colors(c), pixels(i420_bytes(w, h)) {}
  YuvView view() const { return i420_view(pixels.data(), width, height, colors); }
  int width;
  int height;
  YuvColors colors;
  std::vector<uint8_t> pixels;
};

/** Hard edges and noise within what a screen can show: dull colours. */
inline YuvPicture paint_yuv(int width, int height, YuvColors colors, unsigned seed = 1) {
  YuvPicture picture(width, height, colors);
  std::mt19937 random(seed);
  const auto luma = static_cast<size_t>(width) * static_cast<size_t>(height);
  for (size_t i = 0; i < picture.pixels.size(); ++i) {
    picture.pixels[i] = static_cast<uint8_t>(i < luma ? 80 + random() % 90 : 112 + random() % 33);
  }
  return picture;
}

}  // namespace pose::test
