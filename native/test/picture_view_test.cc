#include "pose/picture_view.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace pose {
namespace {

constexpr Flip kFlips[] = {Flip::none, Flip::horizontal, Flip::vertical};

/** A picture whose bytes are all but unlike one another, in exactly as much memory as it needs. */
struct Picture {
  Picture(int w, int h, int padding = 0) : width(w), height(h), stride(3 * w + padding) {
    pixels.resize(static_cast<size_t>(stride * (h - 1) + 3 * w));
    std::mt19937 random(static_cast<unsigned>(w * 1000 + h));
    for (uint8_t& byte : pixels) byte = static_cast<uint8_t>(random());
  }
  ImageView view() const { return {pixels.data(), width, height, stride}; }
  int width;
  int height;
  ptrdiff_t stride;
  std::vector<uint8_t> pixels;
};

/** Pictures of one letter a pixel. */
std::vector<std::string> look(const std::vector<std::string>& rows, const PictureView& view) {
  std::vector<uint8_t> pixels;
  for (const std::string& row : rows) {
    for (const char letter : row) pixels.insert(pixels.end(), 3, static_cast<uint8_t>(letter));
  }
  const auto width = static_cast<int>(rows[0].size());
  UprightPicture upright;
  const ImageView seen = upright.look({pixels.data(), width, static_cast<int>(rows.size()), 3 * width}, view);
  std::vector<std::string> result;
  for (int y = 0; y < seen.height; ++y) {
    result.emplace_back();
    for (int x = 0; x < seen.width; ++x) {
      result.back() += static_cast<char>(seen.data[y * seen.stride + 3 * x]);
    }
  }
  return result;
}

TEST(PictureView, CutsOutThenTurnsThenMirrors) {
  using Rows = std::vector<std::string>;
  const Rows camera{"abcd", "efgh", "ijkl"};
  EXPECT_EQ(look(camera, {}), camera);
  EXPECT_EQ(look(camera, {0, 0, 0, 0, 90}), (Rows{"iea", "jfb", "kgc", "lhd"})) << "clockwise";
  EXPECT_EQ(look(camera, {0, 0, 0, 0, 180}), (Rows{"lkji", "hgfe", "dcba"}));
  EXPECT_EQ(look(camera, {0, 0, 0, 0, 270}), (Rows{"dhl", "cgk", "bfj", "aei"}));
  EXPECT_EQ(look(camera, {0, 0, 0, 0, 0, Flip::horizontal}), (Rows{"dcba", "hgfe", "lkji"}));
  EXPECT_EQ(look(camera, {0, 0, 0, 0, 0, Flip::vertical}), (Rows{"ijkl", "efgh", "abcd"}));
  EXPECT_EQ(look(camera, {1, 1, 3, 2}), (Rows{"fgh", "jkl"}));
  EXPECT_EQ(look(camera, {1, 1, 3, 2, 90}), (Rows{"jf", "kg", "lh"}));
  EXPECT_EQ(look(camera, {1, 1, 3, 2, 90, Flip::horizontal}), (Rows{"fj", "gk", "hl"}))
      << "as it is seen when it stands upright";
  EXPECT_EQ(look(camera, {1, 1, 3, 2, 90, Flip::vertical}), (Rows{"lh", "kg", "jf"}));
}

TEST(PictureView, CopiesNothingWhereNothingIsTurned) {
  const Picture picture(64, 48, 5);
  UprightPicture upright;
  EXPECT_EQ(upright.look(picture.view(), {}).data, picture.pixels.data());
  const ImageView part = upright.look(picture.view(), {3, 2, 20, 30});
  EXPECT_EQ(part.data, picture.pixels.data() + 2 * picture.stride + 9);
  EXPECT_EQ(part.stride, picture.stride);
}

TEST(PictureView, TakesEveryPixelBackToWhereItCameFrom) {
  std::mt19937 random(11);
  UprightPicture upright;
  for (int round = 0; round < 60; ++round) {
    // The last ones are larger than what is turned at a time.
    const unsigned longest = round < 50 ? 90 : 400;
    const Picture picture(1 + static_cast<int>(random() % longest), 1 + static_cast<int>(random() % longest),
                          static_cast<int>(random() % 3));
    PictureView view;
    view.width = 1 + static_cast<int>(random() % static_cast<unsigned>(picture.width));
    view.height = 1 + static_cast<int>(random() % static_cast<unsigned>(picture.height));
    view.left = static_cast<int>(random() % static_cast<unsigned>(picture.width - view.width + 1));
    view.top = static_cast<int>(random() % static_cast<unsigned>(picture.height - view.height + 1));
    for (view.rotate = 0; view.rotate < 360; view.rotate += 90) {
      for (const Flip flip : kFlips) {
        view.flip = flip;
        const ImageView seen = upright.look(picture.view(), view);
        ASSERT_EQ(seen.width, view.rotate % 180 == 0 ? view.width : view.height);
        ASSERT_EQ(seen.height, view.rotate % 180 == 0 ? view.height : view.width);
        for (int y = 0; y < seen.height; ++y) {
          Instances row;
          row.clear(seen.width);
          Keypoint* middles = row.append({});
          for (int x = 0; x < seen.width; ++x) {
            middles[x] = {static_cast<float>(x) + 0.5F, static_cast<float>(y) + 0.5F, 1.0F};
          }
          to_camera(view, picture.width, picture.height, row);
          for (int x = 0; x < seen.width; ++x) {
            const auto camera_x = static_cast<ptrdiff_t>(std::floor(middles[x].x));
            const auto camera_y = static_cast<ptrdiff_t>(std::floor(middles[x].y));
            ASSERT_TRUE(camera_x >= view.left && camera_x < view.left + view.width);
            ASSERT_TRUE(camera_y >= view.top && camera_y < view.top + view.height);
            for (ptrdiff_t channel = 0; channel < 3; ++channel) {
              ASSERT_EQ(
                  seen.data[y * seen.stride + 3 * x + channel],
                  picture.pixels[static_cast<size_t>(camera_y * picture.stride + 3 * camera_x + channel)])
                  << "turn " << view.rotate << ", flip " << static_cast<int>(flip) << ", pixel " << x << ","
                  << y;
            }
          }
        }
      }
    }
  }
}

TEST(PictureView, LeavesAbsentKeypointsAbsent) {
  const Picture picture(8, 6);
  for (const PictureView& view : {PictureView{}, PictureView{1, 1, 4, 4, 90, Flip::vertical}}) {
    Instances people;
    people.clear(1);
    people.append({});
    to_camera(view, picture.width, picture.height, people);
    EXPECT_FALSE(people.keypoints[0].present());
    EXPECT_TRUE(std::isnan(people.keypoints[0].y));
  }
}

TEST(PictureView, RefusesWhatIsNoPartOrNoTurn) {
  const Picture picture(8, 6);
  UprightPicture upright;
  for (const PictureView& view :
       {PictureView{-1, 0, 4, 4}, PictureView{0, -1, 4, 4}, PictureView{5, 0, 4, 4}, PictureView{0, 3, 4, 4},
        PictureView{0, 0, 0, 4}, PictureView{0, 0, 4, 0}, PictureView{0, 0, 9, 6}, PictureView{1, 0, 0, 0},
        PictureView{2147483647, 0, 8, 6}, PictureView{0, 0, 0, 0, 45}}) {
    EXPECT_THROW(upright.look(picture.view(), view), std::invalid_argument);
  }
  EXPECT_THROW(upright.look({nullptr, 8, 6, 24}, {0, 0, 0, 0, 90}), std::invalid_argument);
}

}  // namespace
}  // namespace pose
