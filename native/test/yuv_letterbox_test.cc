#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <vector>

#include "allocation_counter.h"
#include "pose/letterbox.h"
#include "pose/picture_view.h"
#include "yuv_noise.h"

namespace pose::test {
namespace {

constexpr YuvColors kAllColors[] = {YuvColors::bt601, YuvColors::bt601_full, YuvColors::bt709,
                                    YuvColors::bt709_full};

/** By the standards' formulas, blue first. */
std::vector<double> exact_bgr(double y, double u, double v, YuvColors colors) {
  const bool full = colors == YuvColors::bt601_full || colors == YuvColors::bt709_full;
  const bool is_709 = colors == YuvColors::bt709 || colors == YuvColors::bt709_full;
  const double kr = is_709 ? 0.2126 : 0.299;
  const double kb = is_709 ? 0.0722 : 0.114;
  const double light = full ? y : (y - 16) * 255 / 219;
  const double pb = (u - 128) * (full ? 1.0 : 255.0 / 224);
  const double pr = (v - 128) * (full ? 1.0 : 255.0 / 224);
  const double red = light + 2 * (1 - kr) * pr;
  const double blue = light + 2 * (1 - kb) * pb;
  const double green = (light - kr * red - kb * blue) / (1 - kr - kb);
  const auto level = [](double value) { return std::clamp(value, 0.0, 255.0); };
  return {level(blue), level(green), level(red)};
}

TEST(ConvertToBgr, IsWithinALevelOfTheFormulasForEveryColour) {
  for (const YuvColors colors : kAllColors) {
    double worst = 0;
    for (int v = 0; v < 256; v += 15) {
      for (int u = 0; u < 256; u += 15) {
        YuvPicture picture(256, 1, colors);
        for (int x = 0; x < 256; ++x) picture.pixels[static_cast<size_t>(x)] = static_cast<uint8_t>(x);
        std::fill_n(picture.pixels.begin() + 256, 128, static_cast<uint8_t>(u));
        std::fill_n(picture.pixels.begin() + 384, 128, static_cast<uint8_t>(v));
        std::vector<uint8_t> bgr(3 * 256 + 1, 0xA5);
        convert_to_bgr(picture.view(), bgr.data());
        ASSERT_EQ(bgr.back(), 0xA5) << "written behind the picture";
        for (int x = 0; x < 256; ++x) {
          const auto exact = exact_bgr(x, u, v, colors);
          for (int c = 0; c < 3; ++c) {
            const double off = std::abs(bgr[static_cast<size_t>(3 * x + c)] - exact[static_cast<size_t>(c)]);
            worst = std::max(worst, off);
          }
        }
      }
    }
    EXPECT_LE(worst, 1.0) << static_cast<int>(colors);
  }
}

struct Case {
  int width;
  int height;
  int net_width;
  int net_height;
  ResizeRule rule = ResizeRule::letterbox_top_left;
};

/** The picture's resized and what today's way by BGR makes of it: the greatest difference, in levels. */
int worst_difference(const YuvView& picture, const Case& c, ColorOrder order) {
  Letterbox letterbox = make_letterbox(picture.width, picture.height, c.net_width, c.net_height, c.rule);
  letterbox.fill = 114;
  const size_t size = 3 * static_cast<size_t>(c.net_width) * static_cast<size_t>(c.net_height);
  constexpr size_t kGuard = 64;
  std::vector<uint8_t> found(size + 2 * kGuard, 0xA5);
  YuvLetterboxArena yuv_arena;
  resize_letterbox(picture, letterbox, order, yuv_arena, found.data() + kGuard);
  for (size_t i = 0; i < kGuard; ++i) {
    EXPECT_EQ(found[i], 0xA5) << "written before the target";
    EXPECT_EQ(found[kGuard + size + i], 0xA5) << "written behind the target";
  }
  std::vector<uint8_t> bgr(3 * static_cast<size_t>(picture.width) * static_cast<size_t>(picture.height));
  convert_to_bgr(picture, bgr.data());
  std::vector<uint8_t> expected(size);
  LetterboxArena arena;
  resize_letterbox(ImageView{bgr.data(), picture.width, picture.height, ptrdiff_t{3} * picture.width},
                   letterbox, order, Interpolation::linear, arena, expected.data());
  int worst = 0;
  for (size_t i = 0; i < size; ++i) worst = std::max(worst, std::abs(found[kGuard + i] - expected[i]));
  return worst;
}

TEST(YuvLetterbox, IsWithinTwoLevelsOfResizingTheConvertedPicture) {
  const Case cases[] = {{768, 432, 456, 256},
                        {1920, 1080, 456, 256},
                        {641, 359, 456, 256},
                        {97, 131, 64, 64, ResizeRule::letterbox_centre},
                        {33, 17, 128, 96, ResizeRule::stretch},
                        {1, 1, 32, 32},
                        {2, 1, 16, 8, ResizeRule::stretch},
                        {1, 3, 9, 7, ResizeRule::letterbox_centre},
                        {64, 64, 64, 64}};
  for (const Case& c : cases) {
    for (const YuvColors colors : kAllColors) {
      const YuvPicture picture = paint_yuv(c.width, c.height, colors);
      for (const ColorOrder order : {ColorOrder::bgr, ColorOrder::rgb}) {
        EXPECT_LE(worst_difference(picture.view(), c, order), 2)
            << c.width << "x" << c.height << " to " << c.net_width << "x" << c.net_height;
      }
    }
  }
}

TEST(YuvLetterbox, ReadsAPartThatBeginsWithinAPairOfPixels) {
  const YuvPicture picture = paint_yuv(90, 71, YuvColors::bt709);
  UprightPicture upright;
  for (const int left : {0, 1, 6, 7}) {
    for (const int top : {0, 3}) {
      for (const int width : {1, 50, 83}) {
        PictureView view;
        view.left = left;
        view.top = top;
        view.width = width;
        view.height = 67;
        EXPECT_LE(worst_difference(upright.look(picture.view(), view), {0, 0, 48, 40}, ColorOrder::bgr), 2)
            << left << "," << top << " " << width;
      }
    }
  }
}

TEST(YuvLetterbox, AllocatesNothingForAFrame) {
  const YuvPicture picture = paint_yuv(321, 241, YuvColors::bt601);
  const Letterbox letterbox = make_letterbox(321, 241, 160, 96);
  std::vector<uint8_t> net_input(3 * 160 * 96);
  YuvLetterboxArena arena;
  resize_letterbox(picture.view(), letterbox, ColorOrder::bgr, arena, net_input.data());
  const int64_t before = allocations();
  resize_letterbox(picture.view(), letterbox, ColorOrder::bgr, arena, net_input.data());
  EXPECT_EQ(allocations(), before);
}

TEST(YuvLetterbox, RefusesAnotherSizeAndNoPicture) {
  const YuvPicture picture = paint_yuv(32, 24, YuvColors::bt601);
  std::vector<uint8_t> net_input(3 * 16 * 16);
  YuvLetterboxArena arena;
  EXPECT_THROW(resize_letterbox(picture.view(), make_letterbox(32, 22, 16, 16), ColorOrder::bgr, arena,
                                net_input.data()),
               std::invalid_argument);
  YuvView none = picture.view();
  none.y = nullptr;
  EXPECT_THROW(
      resize_letterbox(none, make_letterbox(32, 24, 16, 16), ColorOrder::bgr, arena, net_input.data()),
      std::invalid_argument);
}

}  // namespace
}  // namespace pose::test
