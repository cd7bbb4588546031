#pragma once

#include <cstddef>
#include <cstdint>

namespace pose {

/** What the levels of a YUV picture mean: the matrix, and whether they use all of 0 to 255 or, as video
 * mostly does, 16 to 235 for luma and 16 to 240 for chroma. */
enum class YuvColors : int { bt601, bt601_full, bt709, bt709_full };

/** A 4:2:0 picture of 8 bits a sample in three planes that somebody else owns. Two by two pixels share a
 * sample of chroma, and each of them has it as it is: what players call nearest. */
struct YuvView {
  const uint8_t* y = nullptr;
  const uint8_t* u = nullptr;
  const uint8_t* v = nullptr;
  int width = 0;
  int height = 0;
  ptrdiff_t y_stride = 0;
  ptrdiff_t uv_stride = 0;
  YuvColors colors = YuvColors::bt601;
  /** 1 where the first column, or row, is the second of two that share their chroma, as in a part of a
   * picture. */
  int odd_x = 0;
  int odd_y = 0;

  int uv_width() const { return (width + odd_x + 1) / 2; }
  int uv_height() const { return (height + odd_y + 1) / 2; }
};

/** Bytes of a picture whose planes Y, U and V follow one another, rows packed. */
inline size_t i420_bytes(int width, int height) {
  const auto columns = static_cast<size_t>(width);
  const auto rows = static_cast<size_t>(height);
  return columns * rows + 2 * ((columns + 1) / 2) * ((rows + 1) / 2);
}

/** A picture of i420_bytes(). */
inline YuvView i420_view(const uint8_t* pixels, int width, int height, YuvColors colors) {
  YuvView view;
  view.y = pixels;
  view.width = width;
  view.height = height;
  view.y_stride = width;
  view.uv_stride = view.uv_width();
  view.u = pixels + view.y_stride * height;
  view.v = view.u + view.uv_stride * view.uv_height();
  view.colors = colors;
  return view;
}

/** Writes it as BGR, rows packed: width * height * 3 bytes, within 1 level of exact arithmetic. */
void convert_to_bgr(const YuvView& picture, uint8_t* bgr);

}  // namespace pose
