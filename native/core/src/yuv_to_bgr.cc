#include <vector>

#include "pose/yuv_view.h"
#include "yuv_loops.h"

namespace pose {

void convert_to_bgr(const YuvView& picture, uint8_t* bgr) {
  const YuvMatrix matrix = yuv_matrix(picture.colors, ColorOrder::bgr);
  const auto room = static_cast<size_t>(whole_steps(picture.width) + 2);
  std::vector<int16_t> y(room);
  std::vector<int16_t> u(room);
  std::vector<int16_t> v(room);
  int chroma_row = -1;
  for (int row = 0; row < picture.height; ++row) {
    widen_luma(picture.y + row * picture.y_stride, picture.width, y.data());
    if (chroma_row != (row + picture.odd_y) / 2) {
      chroma_row = (row + picture.odd_y) / 2;
      widen_chroma(picture.u + chroma_row * picture.uv_stride, picture.uv_width(), u.data());
      widen_chroma(picture.v + chroma_row * picture.uv_stride, picture.uv_width(), v.data());
    }
    mix_colors(y.data(), u.data() + picture.odd_x, v.data() + picture.odd_x, picture.width, matrix, bgr);
    bgr += ptrdiff_t{3} * picture.width;
  }
}

}  // namespace pose
