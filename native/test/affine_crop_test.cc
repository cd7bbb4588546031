#include "pose/affine_crop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "allocation_counter.h"

namespace pose {
namespace {

/** A picture of noise in a buffer that ends with its last pixel, rows `gap` bytes apart. */
struct NoiseImage {
  NoiseImage(int width, int height, int gap = 0) : stride(width * 3 + gap) {
    bytes.resize(static_cast<size_t>(stride * (height - 1) + width * 3));
    std::mt19937 random(7);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    view = {bytes.data(), width, height, stride};
  }
  int stride;
  std::vector<uint8_t> bytes;
  ImageView view;
};

double tap(const ImageView& image, int x, int y, int channel, CropBorder border) {
  const int x_near = std::clamp(x, 0, image.width - 1);
  const int y_near = std::clamp(y, 0, image.height - 1);
  if (border == CropBorder::zero && (x != x_near || y != y_near)) return 0.0;
  return image.data[y_near * image.stride + x_near * 3 + channel];
}

/** The warp as its documentation says it, in double precision. */
std::vector<uint8_t> naive_crop(const ImageView& image, const Roi& roi, int size, CropBorder border) {
  std::vector<uint8_t> rgb;
  const double cos = std::cos(static_cast<double>(roi.rotation));
  const double sin = std::sin(static_cast<double>(roi.rotation));
  for (int v = 0; v < size; ++v) {
    for (int u = 0; u < size; ++u) {
      const double right = (static_cast<double>(u) / size - 0.5) * roi.side_img;
      const double down = (static_cast<double>(v) / size - 0.5) * roi.side_img;
      const double x = std::floor((roi.x_img + cos * right - sin * down) * 32.0 + 0.5) / 32.0;
      const double y = std::floor((roi.y_img + sin * right + cos * down) * 32.0 + 0.5) / 32.0;
      const int x0 = static_cast<int>(std::floor(x));
      const int y0 = static_cast<int>(std::floor(y));
      for (int channel : {2, 1, 0}) {
        const double top = tap(image, x0, y0, channel, border) * (1 - (x - x0)) +
                           tap(image, x0 + 1, y0, channel, border) * (x - x0);
        const double bottom = tap(image, x0, y0 + 1, channel, border) * (1 - (x - x0)) +
                              tap(image, x0 + 1, y0 + 1, channel, border) * (x - x0);
        rgb.push_back(static_cast<uint8_t>(std::floor(top * (1 - (y - y0)) + bottom * (y - y0) + 0.5)));
      }
    }
  }
  return rgb;
}

std::vector<uint8_t> crop(const ImageView& image, const Roi& roi, int size, CropBorder border) {
  std::vector<uint8_t> rgb(static_cast<size_t>(size * size * 3), 0xAA);
  crop_roi(image, roi, {rgb.data(), size, border});
  return rgb;
}

/** Bytes that differ, of which a handful may: a position exactly between two 32nds rounds either way. */
double differing_share(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  size_t count = 0;
  for (size_t i = 0; i < a.size(); ++i) count += a[i] != b[i];
  return static_cast<double>(count) / static_cast<double>(a.size());
}

TEST(AffineCrop, EqualsTheNaiveWarpForRandomSquares) {
  std::mt19937 random(11);
  std::uniform_real_distribution<float> uniform(0.0F, 1.0F);
  const NoiseImage image(213, 151, 5);
  for (int i = 0; i < 60; ++i) {
    const Roi roi{-60.0F + 330.0F * uniform(random), -50.0F + 250.0F * uniform(random),
                  2.0F + 400.0F * uniform(random), -3.2F + 6.4F * uniform(random)};
    for (const CropBorder border : {CropBorder::replicate, CropBorder::zero}) {
      EXPECT_LT(differing_share(crop(image.view, roi, 64, border), naive_crop(image.view, roi, 64, border)),
                2e-3)
          << roi.x_img << " " << roi.y_img << " " << roi.side_img << " " << roi.rotation;
    }
  }
}

TEST(AffineCrop, OfTheImageItselfIsTheImageInRgb) {
  const NoiseImage image(64, 64);
  const std::vector<uint8_t> rgb = crop(image.view, letterbox_roi(64, 64), 64, CropBorder::zero);
  for (size_t pixel = 0; pixel < 64 * 64; ++pixel) {
    for (size_t channel = 0; channel < 3; ++channel) {
      ASSERT_EQ(rgb[pixel * 3 + channel], image.bytes[pixel * 3 + 2 - channel]) << pixel;
    }
  }
}

TEST(AffineCrop, LetterboxesWithBlackBars) {
  const NoiseImage image(448, 252);
  const std::vector<uint8_t> rgb = crop(image.view, letterbox_roi(448, 252), 224, CropBorder::zero);
  EXPECT_EQ(rgb, naive_crop(image.view, letterbox_roi(448, 252), 224, CropBorder::zero));
  // 252 rows of 448 are 126 of 224: bars of 49.
  const auto row_is_black = [&rgb](size_t row) {
    const auto begin = rgb.begin() + static_cast<ptrdiff_t>(row * 224 * 3);
    return std::all_of(begin, begin + 224 * 3, [](uint8_t byte) { return byte == 0; });
  };
  EXPECT_TRUE(row_is_black(0));
  EXPECT_TRUE(row_is_black(48));
  EXPECT_FALSE(row_is_black(49));
  EXPECT_FALSE(row_is_black(174));
  EXPECT_TRUE(row_is_black(175));
  EXPECT_TRUE(row_is_black(223));
}

TEST(AffineCrop, WorksOnImagesOfAFewPixels) {
  for (int width = 1; width <= 5; ++width) {
    for (int height = 1; height <= 5; ++height) {
      const NoiseImage image(width, height);
      const Roi roi{1.0F, 2.0F, 7.0F, 0.3F};
      EXPECT_LT(differing_share(crop(image.view, roi, 32, CropBorder::replicate),
                                naive_crop(image.view, roi, 32, CropBorder::replicate)),
                5e-3)
          << width << " x " << height;
    }
  }
}

TEST(AffineCrop, SurvivesAnySquareAndStaysWithinItsBuffer) {
  const NoiseImage image(101, 77);
  const float values[] = {0.0F,
                          -1.0F,
                          1e-30F,
                          0.49F,
                          1e5F,
                          -1e9F,
                          3e38F,
                          -3e38F,
                          std::nanf(""),
                          std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()};
  for (const float position : values) {
    for (const float side : values) {
      for (const float rotation : values) {
        for (const CropBorder border : {CropBorder::replicate, CropBorder::zero}) {
          std::vector<uint8_t> rgb(16 * 16 * 3 + 8, 0x5A);
          crop_roi(image.view, {position, 30.0F, side, rotation}, {rgb.data(), 16, border});
          for (size_t i = 16 * 16 * 3; i < rgb.size(); ++i) ASSERT_EQ(rgb[i], 0x5A) << "wrote beyond the end";
        }
      }
    }
  }
}

TEST(AffineCrop, OfNoImageIsBlack) {
  const std::vector<uint8_t> rgb = crop(ImageView(), {0.0F, 0.0F, 10.0F, 0.0F}, 8, CropBorder::replicate);
  EXPECT_EQ(rgb, std::vector<uint8_t>(8 * 8 * 3, 0));
}

TEST(AffineCrop, AllocatesNothing) {
  const NoiseImage image(320, 240);
  std::vector<uint8_t> rgb(256 * 256 * 3);
  const int64_t before = test::allocations();
  crop_roi(image.view, {100.0F, 100.0F, 200.0F, 0.5F}, {rgb.data(), 256, CropBorder::replicate});
  EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace pose
