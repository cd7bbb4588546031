#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "associative_embedding_comparison.h"
#include "npy.h"

namespace pose::test {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/** Maps of random values in a few styles. */
struct RandomTagMaps {
  RandomTagMaps(const Shape& shape, unsigned seed) : random(seed) {
    for (NpyTensor* tensor : {&heatmaps, &tags, &nms_heatmaps}) {
      tensor->shape = shape;
      tensor->values.resize(static_cast<size_t>(shape.elements()));
    }
  }
  /** Heat from `low` to `high`; tags within `spread` of 0. One in `every` cells may be a peak. */
  void fill(float low, float high, float spread, unsigned every) {
    std::uniform_real_distribution<float> heat(low, high);
    std::uniform_real_distribution<float> tag(-spread, spread);
    for (float& value : heatmaps.values) value = heat(random);
    for (float& value : tags.values) value = tag(random);
    for (size_t i = 0; i < heatmaps.values.size(); ++i) {
      const bool is_peak = random() % every == 0;
      nms_heatmaps.values[i] = is_peak ? std::fabs(heatmaps.values[i]) : 0.0F;
      if (!is_peak) heatmaps.values[i] = -heatmaps.values[i];
    }
  }
  /** Few levels, so that scores, distances and costs are often equal. */
  void quantize() {
    for (float& value : heatmaps.values) value = std::round(value * 8) / 8;
    for (float& value : nms_heatmaps.values) value = std::round(value * 8) / 8;
    for (float& value : tags.values) value = std::round(value * 2) / 2;
  }
  /** Puts `value` into one of `every` cells. */
  void sprinkle(float value, unsigned every) {
    for (NpyTensor* tensor : {&heatmaps, &tags, &nms_heatmaps}) {
      for (float& cell : tensor->values) {
        if (random() % every == 0) cell = value;
      }
    }
  }
  /** In every style of input. */
  void expect_twin(const AssociativeEmbeddingOptions& given = {}) const {
    AssociativeEmbeddingOptions options = given;
    ASSERT_NO_FATAL_FAILURE(expect_equals_twin(heatmaps.view(), tags.view(), {}, options));
    ASSERT_NO_FATAL_FAILURE(expect_equals_twin(heatmaps.view(), tags.view(), nms_heatmaps.view(), options));
    options.peaks = AssociativePeaks::plain;
    ASSERT_NO_FATAL_FAILURE(expect_equals_twin(heatmaps.view(), tags.view(), {}, options));
  }

  std::mt19937 random;
  NpyTensor heatmaps;
  NpyTensor tags;
  NpyTensor nms_heatmaps;
};

constexpr std::array<std::array<int, 3>, 12> kSizes = {{{1, 1, 1},
                                                        {17, 1, 1},
                                                        {17, 1, 9},
                                                        {17, 9, 1},
                                                        {3, 2, 3},
                                                        {17, 5, 7},
                                                        {18, 8, 8},
                                                        {17, 7, 16},
                                                        {2, 11, 24},
                                                        {17, 13, 31},
                                                        {40, 4, 20},
                                                        {17, 24, 40}}};

TEST(AssociativeEmbeddingNoise, EqualsTwinOnRandomMaps) {
  unsigned seed = 1;
  for (const auto& [keypoints, height, width] : kSizes) {
    for (const float spread : {0.3F, 3.0F, 40.0F}) {
      for (const unsigned every : {2U, 30U}) {
        RandomTagMaps maps({1, keypoints, height, width}, seed++);
        maps.fill(0.0F, 1.0F, spread, every);
        SCOPED_TRACE(maps.heatmaps.shape.to_string() + " spread " + std::to_string(spread));
        ASSERT_NO_FATAL_FAILURE(maps.expect_twin());
        AssociativeEmbeddingOptions options;
        options.score_threshold = 0.0F;
        options.peak_threshold = 0.6F;
        options.tag_threshold = 2.5F;
        options.delta = 0.5F;
        options.stride = 4;
        options.max_people = 3;
        ASSERT_NO_FATAL_FAILURE(maps.expect_twin(options));
        options.max_people = 64;
        ASSERT_NO_FATAL_FAILURE(maps.expect_twin(options));
      }
    }
  }
}

TEST(AssociativeEmbeddingNoise, EqualsTwinOnEqualValues) {
  unsigned seed = 100;
  for (const auto& [keypoints, height, width] : kSizes) {
    RandomTagMaps maps({1, keypoints, height, width}, seed++);
    maps.fill(0.0F, 1.0F, 4.0F, 5);
    maps.quantize();
    ASSERT_NO_FATAL_FAILURE(maps.expect_twin());
    AssociativeEmbeddingOptions options;
    options.score_threshold = 0.0F;
    options.max_people = 5;
    ASSERT_NO_FATAL_FAILURE(maps.expect_twin(options));
  }
}

TEST(AssociativeEmbeddingNoise, EqualsTwinWithInvalidAndExtremeValues) {
  unsigned seed = 200;
  for (const float value : {kNaN, kInfinity, -kInfinity, 3e38F, -3e38F, 1e-42F, 2e9F, 8388608.5F}) {
    for (const unsigned every : {1U, 2U, 9U, 60U}) {
      RandomTagMaps maps({1, 17, 9, 17}, seed++);
      maps.fill(0.0F, 1.0F, 3.0F, 4);
      maps.sprinkle(value, every);
      SCOPED_TRACE(std::to_string(value) + " in one of " + std::to_string(every));
      AssociativeEmbeddingOptions options;
      ASSERT_NO_FATAL_FAILURE(maps.expect_twin(options));
      options.tag_threshold = 3e38F;
      ASSERT_NO_FATAL_FAILURE(maps.expect_twin(options));
      for (const Instances& people :
           {decode(maps.heatmaps.view(), maps.tags.view(), {}, options),
            decode(maps.heatmaps.view(), maps.tags.view(), maps.nms_heatmaps.view())}) {
        for (const Instances::Header& header : people.headers) {
          EXPECT_TRUE(header.score > 0.0F && header.score <= 1.0F) << header.score;
          EXPECT_TRUE(std::isfinite(header.raw_score));
        }
        for (const Keypoint& keypoint : people.keypoints) {
          if (!keypoint.present()) continue;
          EXPECT_TRUE(keypoint.x >= 0 && keypoint.x < 17 * 2 && keypoint.y >= 0 && keypoint.y < 9 * 2);
          EXPECT_TRUE(keypoint.score > 0.0F && keypoint.score <= 1.0F) << keypoint.score;
        }
      }
    }
  }
}

TEST(AssociativeEmbeddingNoise, EqualsTwinAtTheLimits) {
  RandomTagMaps wide({1, 1, 1024, 1024}, 300);
  wide.fill(0.0F, 1.0F, 20.0F, 2);
  ASSERT_NO_FATAL_FAILURE(wide.expect_twin());
  RandomTagMaps many({1, kAssociativeMaxKeypoints, 9, 11}, 301);
  many.fill(0.0F, 1.0F, 100.0F, 3);
  AssociativeEmbeddingOptions options;
  options.score_threshold = 0.0F;
  ASSERT_NO_FATAL_FAILURE(many.expect_twin(options));
}

}  // namespace
}  // namespace pose::test
