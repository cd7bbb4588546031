#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>
#include <vector>

#include "pose/picture_masks.h"
#include "pose/picture_view.h"
#include "yuv_noise.h"

namespace pose::test {
namespace {

std::vector<uint8_t> to_bgr(const YuvView& picture) {
  std::vector<uint8_t> bgr(3 * static_cast<size_t>(picture.width) * static_cast<size_t>(picture.height));
  convert_to_bgr(picture, bgr.data());
  return bgr;
}

TEST(YuvView, StandsUprightAsItsBgrDoesToThePixel) {
  for (const auto& [width, height] : {std::pair{9, 7}, {8, 6}, {150, 141}, {1, 1}}) {
    const YuvPicture picture = paint_yuv(width, height, YuvColors::bt601);
    const std::vector<uint8_t> bgr = to_bgr(picture.view());
    const ImageView image{bgr.data(), width, height, ptrdiff_t{3} * width};
    for (const int rotate : {0, 90, 180, 270}) {
      for (const Flip flip : {Flip::none, Flip::horizontal, Flip::vertical}) {
        for (const int cut : {0, 1, 2, 3}) {
          if (cut >= width || cut >= height) continue;
          const PictureView view{cut, cut / 2, width - cut, height - cut, rotate, flip};
          UprightPicture by_planes;
          UprightPicture by_bgr;
          const YuvView seen = by_planes.look(picture.view(), view);
          const ImageView expected = by_bgr.look(image, view);
          ASSERT_EQ(seen.width, expected.width);
          ASSERT_EQ(seen.height, expected.height);
          const std::vector<uint8_t> found = to_bgr(seen);
          const size_t row = 3 * static_cast<size_t>(seen.width);
          for (int y = 0; y < seen.height; ++y) {
            ASSERT_EQ(std::memcmp(found.data() + static_cast<size_t>(y) * row,
                                  expected.data + y * expected.stride, row),
                      0)
                << width << "x" << height << " row " << y << ", turned by " << rotate << ", cut " << cut;
          }
          const ImageView converted = by_planes.look_in_bgr(picture.view(), view);
          ASSERT_EQ(std::memcmp(converted.data, found.data(), found.size()), 0);
        }
      }
    }
  }
}

TEST(YuvView, RefusesAPartThatIsNotThere) {
  const YuvPicture picture = paint_yuv(8, 6, YuvColors::bt601);
  UprightPicture upright;
  EXPECT_THROW(upright.look(picture.view(), {4, 0, 5, 6}), std::invalid_argument);
  EXPECT_THROW(upright.look(picture.view(), {0, 0, 0, 0, 45}), std::invalid_argument);
  EXPECT_THROW(upright.look(YuvView(), {0, 0, 0, 0, 90}), std::invalid_argument);
}

TEST(PictureMasks, AreBlackInPlanesWhereTheyAreInBgr) {
  const std::vector<MaskPolygon> polygons = {{{0.2, 0.1}, {0.55, 0.3}, {0.3, 0.9}},
                                             {{0.7, 0.7}, {1, 0.7}, {1, 1}}};
  for (const YuvColors colors : {YuvColors::bt601, YuvColors::bt709_full}) {
    for (const auto& [width, height] : {std::pair{31, 23}, {32, 24}, {1, 1}}) {
      YuvPicture picture = paint_yuv(width, height, colors);
      const YuvPicture before = picture;
      PictureMasks masks(polygons);
      masks.blacken_i420(picture.pixels.data(), width, height, colors);
      std::vector<uint8_t> bgr(3 * static_cast<size_t>(width) * static_cast<size_t>(height), 200);
      masks.blacken(bgr.data(), width, height, ptrdiff_t{3} * width);

      const std::vector<uint8_t> found = to_bgr(picture.view());
      const YuvView view = picture.view();
      const YuvView old = before.view();
      std::vector<bool> grey(static_cast<size_t>(view.uv_width() * view.uv_height()));
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          const auto pixel = static_cast<size_t>(y * width + x);
          const bool covered = bgr[3 * pixel] == 0;
          if (!covered) {
            EXPECT_EQ(view.y[pixel], old.y[pixel]) << "luma beside a mask stays";
            continue;
          }
          for (size_t c = 0; c < 3; ++c) EXPECT_EQ(found[3 * pixel + c], 0) << x << "," << y;
          grey[static_cast<size_t>((y / 2) * view.uv_width() + x / 2)] = true;
        }
      }
      for (size_t i = 0; i < grey.size(); ++i) {
        EXPECT_EQ(view.u[i], grey[i] ? 128 : old.u[i]);
        EXPECT_EQ(view.v[i], grey[i] ? 128 : old.v[i]);
      }
    }
  }
}

}  // namespace
}  // namespace pose::test
