#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "pose/letterbox.h"
#include "preprocess_job.h"

namespace pose {
namespace {

/** What the kernel does, one pixel after the other. */
std::vector<float> preprocess(const PreprocessJob& job, const PreprocessTarget& target) {
  std::vector<float> tensor(3 * static_cast<size_t>(target.batch * target.width * target.height), NAN);
  for (int place = 0; place < target.batch; ++place) {
    for (int y = 0; y < target.height; ++y) {
      for (int x = 0; x < target.width; ++x) write_input_pixel(job, target, place, x, y, tensor.data());
    }
  }
  return tensor;
}

PreprocessJob job_of(const Letterbox& letterbox, const std::vector<uint8_t>& pixels, ptrdiff_t stride,
                     bool swaps_colors = false) {
  return fitted_job(letterbox, pixels.data(), stride, swaps_colors);
}

PreprocessTarget target_of(int width, int height, bool channels_last = false) {
  PreprocessTarget target;
  target.width = width;
  target.height = height;
  target.channels_last = channels_last;
  return target;
}

std::vector<uint8_t> noise(size_t bytes, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<uint8_t> pixels(bytes);
  std::generate(pixels.begin(), pixels.end(), [&] { return static_cast<uint8_t>(generator()); });
  return pixels;
}

struct Fit {
  const char* name;
  int image_width, image_height, net_width, net_height;
  ResizeRule rule;
};

class PreprocessFit : public testing::TestWithParam<Fit> {};

TEST_P(PreprocessFit, EqualsTheLetterboxOfTheProcessorToOneLevel) {
  const Fit& fit = GetParam();
  const ptrdiff_t stride = 3 * fit.image_width;
  const std::vector<uint8_t> pixels = noise(static_cast<size_t>(stride * fit.image_height), 7);
  Letterbox letterbox =
      make_letterbox(fit.image_width, fit.image_height, fit.net_width, fit.net_height, fit.rule);
  letterbox.fill = 114;
  for (const ColorOrder color : {ColorOrder::bgr, ColorOrder::rgb}) {
    std::vector<uint8_t> expected(3 * static_cast<size_t>(fit.net_width * fit.net_height));
    LetterboxArena arena;
    resize_letterbox({pixels.data(), fit.image_width, fit.image_height, stride}, letterbox, color,
                     Interpolation::linear, arena, expected.data());
    const PreprocessJob job = job_of(letterbox, pixels, stride, color == ColorOrder::rgb);
    const std::vector<float> found = preprocess(job, target_of(fit.net_width, fit.net_height, true));
    int apart = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      const float difference = std::fabs(found[i] - static_cast<float>(expected[i]));
      ASSERT_LE(difference, 1.0F) << "value " << i;
      apart += difference > 0.0F ? 1 : 0;
    }
    // Rounded in other places, but hardly ever otherwise.
    EXPECT_LT(apart, static_cast<int>(expected.size() / 20));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, PreprocessFit,
    testing::Values(Fit{"smaller", 768, 432, 456, 256, ResizeRule::letterbox_top_left},
                    Fit{"much_smaller", 1920, 1080, 224, 224, ResizeRule::letterbox_centre},
                    Fit{"stretched", 640, 360, 224, 224, ResizeRule::stretch},
                    Fit{"larger", 64, 48, 456, 256, ResizeRule::letterbox_centre},
                    Fit{"tall", 90, 300, 192, 256, ResizeRule::letterbox_centre},
                    Fit{"as_it_is", 456, 256, 456, 256, ResizeRule::letterbox_top_left},
                    Fit{"one_pixel", 1, 1, 32, 32, ResizeRule::stretch},
                    Fit{"a_line", 500, 1, 64, 64, ResizeRule::letterbox_centre}),
    [](const testing::TestParamInfo<Fit>& info) { return std::string(info.param.name); });

TEST(Preprocess, PutsMeanScaleAndPlanesInPlace) {
  const std::vector<uint8_t> pixels = {10, 20, 30, 40, 50, 60};  // two BGR pixels
  PreprocessTarget target = target_of(2, 1);
  const float mean[] = {1.0F, 2.0F, 3.0F};
  const float scale[] = {2.0F, 4.0F, 5.0F};
  std::copy(mean, mean + 3, target.mean);
  std::copy(scale, scale + 3, target.scale);
  const PreprocessJob job = job_of(make_letterbox(2, 1, 2, 1), pixels, 6, true);
  // R, R, G, G, B, B
  const std::vector<float> planes = {14.5F, 29.5F, 4.5F, 12.0F, 1.4F, 7.4F};
  EXPECT_EQ(preprocess(job, target), planes);
  target.channels_last = true;
  const std::vector<float> pairs = {14.5F, 4.5F, 1.4F, 29.5F, 12.0F, 7.4F};
  EXPECT_EQ(preprocess(job, target), pairs);
}

TEST(Preprocess, ReadsEveryPictureOfABatchInItsPlace) {
  constexpr int kSide = 4;
  constexpr size_t kBytes = 3 * kSide * kSide;
  const std::vector<uint8_t> pixels = noise(2 * kBytes, 11);
  InputSpec input;
  input.width = input.height = kSide;
  const PreprocessJob job = ready_made_job(input, pixels.data());
  PreprocessTarget target = target_of(kSide, kSide, true);
  target.batch = 2;
  const std::vector<float> found = preprocess(job, target);
  ASSERT_EQ(found.size(), pixels.size());
  for (size_t i = 0; i < pixels.size(); ++i) EXPECT_EQ(found[i], static_cast<float>(pixels[i])) << i;
}

TEST(Preprocess, HonoursTheStrideOfRows) {
  const std::vector<uint8_t> pixels = noise(2 * 16, 3);
  const PreprocessJob job = job_of(make_letterbox(4, 2, 4, 2), pixels, 16);
  const std::vector<float> found = preprocess(job, target_of(4, 2, true));
  for (size_t x = 0; x < 12; ++x) {
    EXPECT_EQ(found[x], static_cast<float>(pixels[x]));
    EXPECT_EQ(found[12 + x], static_cast<float>(pixels[16 + x]));
  }
}

/** A picture of NV12 and what ITU-R BT.601 makes of it, in double precision. */
struct Nv12Picture {
  int width, height;
  std::vector<uint8_t> planes;
  std::vector<uint8_t> bgr;
};

Nv12Picture nv12_noise(int width, int height) {
  const auto stride = static_cast<size_t>(width);
  Nv12Picture picture{width, height, noise(stride * static_cast<size_t>(height) * 3 / 2, 5), {}};
  const auto level = [](double value) {
    return static_cast<uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
  };
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const size_t chroma = stride * static_cast<size_t>(height + y / 2) + static_cast<size_t>(x / 2 * 2);
      const double luma =
          255.0 / 219.0 * (picture.planes[stride * static_cast<size_t>(y) + static_cast<size_t>(x)] - 16.0);
      const double u = 255.0 / 224.0 * (picture.planes[chroma] - 128.0);
      const double v = 255.0 / 224.0 * (picture.planes[chroma + 1] - 128.0);
      picture.bgr.push_back(level(luma + 1.772 * u));
      picture.bgr.push_back(level(luma - 0.344136 * u - 0.714136 * v));
      picture.bgr.push_back(level(luma + 1.402 * v));
    }
  }
  return picture;
}

TEST(Preprocess, ReadsNv12) {
  const Nv12Picture picture = nv12_noise(64, 48);
  for (const int side : {24, 64}) {
    const Letterbox letterbox = make_letterbox(64, 48, side, side * 3 / 4, ResizeRule::stretch);
    PreprocessJob job = job_of(letterbox, picture.planes, 64);
    job.format = PixelFormat::nv12;
    const std::vector<float> found = preprocess(job, target_of(side, side * 3 / 4, true));
    const std::vector<float> expected =
        preprocess(job_of(letterbox, picture.bgr, 3 * 64), target_of(side, side * 3 / 4, true));
    for (size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1.0) << i;
  }
}

}  // namespace
}  // namespace pose
