#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "trt_pose_comparison.h"
#include "trt_pose_scene.h"

namespace pose::test {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/** A chain of `keypoints`, and a link back from the last to the first that makes it a ring. */
std::vector<TrtPoseLink> ring(int keypoints) {
  std::vector<TrtPoseLink> links;
  // Fields in reverse, x before y.
  for (int i = 0; i < keypoints; ++i) {
    const int channel = 2 * (keypoints - 1 - i);
    links.push_back({channel + 1, channel, i, (i + 1) % keypoints});
  }
  return links;
}

/** Maps of random values. */
struct RandomMaps {
  RandomMaps(int height, int width, int keypoints, unsigned seed) : random(seed) {
    options.links = ring(keypoints);
    const auto cells = static_cast<size_t>(height * width);
    const auto channels = static_cast<size_t>(keypoints);
    cmap = {std::vector<float>(channels * cells), {1, keypoints, height, width}};
    paf = {std::vector<float>(2 * channels * cells), {1, 2 * keypoints, height, width}};
  }
  void fill(float low, float high) {
    std::uniform_real_distribution<float> heat(low, high);
    std::uniform_real_distribution<float> field(-1.0F, 1.0F);
    for (float& value : cmap.values) value = heat(random);
    for (float& value : paf.values) value = field(random);
  }
  /** Puts `value` into one of `every` cells. */
  void sprinkle(float value, int every) {
    for (std::vector<float>* values : {&cmap.values, &paf.values}) {
      for (float& cell : *values) {
        if (std::uniform_int_distribution<int>(1, every)(random) == 1) cell = value;
      }
    }
  }
  void expect_equals_twin() { expect_equals_plain_twin(cmap.view(), paf.view(), options); }

  std::mt19937 random;
  TrtPoseOptions options;
  NpyTensor cmap;
  NpyTensor paf;
};

TEST(TrtPoseTwin, IsEqualledOnCrowds) {
  for (const int people : {1, 2, 5, 12, 20}) {
    const TrtPoseScene scene = paint_trt_pose_crowd(people, static_cast<unsigned>(people));
    ASSERT_NO_FATAL_FAILURE(expect_equals_plain_twin(scene.cmap.view(), scene.paf.view(), {}));
  }
}

TEST(TrtPoseTwin, IsEqualledOnNoise) {
  unsigned seed = 1;
  for (const auto& [height, width] : std::vector<std::pair<int, int>>{{1, 1},
                                                                      {1, 2},
                                                                      {2, 1},
                                                                      {1, 9},
                                                                      {9, 1},
                                                                      {2, 3},
                                                                      {4, 4},
                                                                      {5, 7},
                                                                      {8, 8},
                                                                      {7, 16},
                                                                      {3, 41},
                                                                      {24, 25}}) {
    for (const int window : {3, 5, 7, 15}) {
      for (const float low : {-0.3F, -0.05F, 0.05F}) {
        RandomMaps maps(height, width, 4, seed++);
        maps.fill(low, 0.9F);
        maps.options.window = window;
        SCOPED_TRACE(maps.cmap.shape.to_string() + " window " + std::to_string(window));
        ASSERT_NO_FATAL_FAILURE(maps.expect_equals_twin());
        maps.options.peak_threshold = 0.8F;
        maps.options.link_threshold = 0.0F;
        ASSERT_NO_FATAL_FAILURE(maps.expect_equals_twin());
        maps.options.peak_threshold = 1e-6F;
        maps.options.link_threshold = 0.5F;
        ASSERT_NO_FATAL_FAILURE(maps.expect_equals_twin());
      }
    }
  }
}

TEST(TrtPoseTwin, IsEqualledWhenCapped) {
  for (unsigned seed = 1; seed < 30; ++seed) {
    RandomMaps maps(24, 31, 3 + static_cast<int>(seed % 5), seed);
    maps.fill(-0.1F, 0.9F);
    // Few levels, so that the cap falls among equal values.
    if (seed % 2 == 0) {
      for (float& value : maps.cmap.values) value = std::round(value * 8) / 8;
    }
    maps.options.max_peaks = 1 + static_cast<int>(seed);
    maps.options.max_people = 1 + static_cast<int>(seed * 7 % 40);
    maps.options.stride = 8;
    ASSERT_NO_FATAL_FAILURE(maps.expect_equals_twin());
  }
}

TEST(TrtPoseTwin, IsEqualledOnOtherLinks) {
  for (const int keypoints : {2, 3, 21, 64}) {
    RandomMaps maps(14, 13, keypoints, 7);
    maps.fill(-0.2F, 0.6F);
    ASSERT_NO_FATAL_FAILURE(maps.expect_equals_twin());
    // Without the ring's last link, and with keypoints that no link names.
    maps.options.links.pop_back();
    for (TrtPoseLink& link : maps.options.links) {
      link.paf_x -= 2;
      link.paf_y -= 2;
    }
    maps.paf.shape = {1, 2 * (keypoints - 1), 14, 13};
    ASSERT_NO_FATAL_FAILURE(maps.expect_equals_twin());
  }
}

TEST(TrtPoseTwin, IsEqualledWithInvalidValues) {
  unsigned seed = 100;
  for (const float value : {kNaN, kInfinity, -kInfinity, 3e38F, -3e38F, 1e-42F, -0.4F}) {
    for (const int every : {1, 2, 9, 60}) {
      RandomMaps maps(9, 17, 5, seed++);
      maps.fill(-0.05F, 1.5F);
      maps.sprinkle(value, every);
      SCOPED_TRACE(std::to_string(value) + " in one of " + std::to_string(every));
      const Instances people = decode_alone(maps.cmap.view(), maps.paf.view(), maps.options);
      for (const Instances::Header& header : people.headers) {
        EXPECT_TRUE(header.score >= 0.0F && header.score <= 1.0F) << header.score;
        EXPECT_TRUE(header.raw_score >= 1.0F && header.raw_score <= 5.0F) << header.raw_score;
      }
      for (const Keypoint& keypoint : people.keypoints) {
        if (!keypoint.present()) continue;
        EXPECT_TRUE(keypoint.x > 0 && keypoint.x < 17 * 4 && keypoint.y > 0 && keypoint.y < 9 * 4);
        EXPECT_TRUE(keypoint.score >= 0.1F && keypoint.score <= 1.0F) << keypoint.score;
      }
      // Among scores that only huge values make, several ways to pair may be equally good.
      if (std::abs(value) > 1e38F && !std::isinf(value) && every > 1) continue;
      ASSERT_NO_FATAL_FAILURE(maps.expect_equals_twin());
    }
  }
}

}  // namespace
}  // namespace pose::test
