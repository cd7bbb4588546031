#include "pose/openpose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "npy.h"
#include "openpose_comparison.h"
#include "openpose_scene.h"

namespace pose::test {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(OpenPose, FindsEveryoneInACrowd) {
  for (const int people : {1, 5, 10, 20}) {
    const OpenPoseScene scene = paint_crowd(people, 1);
    EXPECT_EQ(decode(scene.heatmaps_view(), scene.pafs_view()).size(), static_cast<size_t>(people));
    expect_equals_twin(scene.heatmaps_view(), scene.pafs_view());
  }
}

TEST(OpenPose, PlacesKeypointsAtTheirPeaks) {
  OpenPoseScenePainter painter(32, 57, 3);
  painter.add_person(20.0F, 2.0F, 28.0F);
  const OpenPoseScene scene = painter.take();
  const Instances people = decode(scene.heatmaps_view(), scene.pafs_view());
  ASSERT_EQ(people.size(), 1U);
  EXPECT_EQ(people.keypoint_count, kOpenPoseKeypoints);
  EXPECT_GT(people.headers[0].score, 0.5F);
  for (size_t kind = 0; kind < kOpenPoseKeypoints; ++kind) {
    const Keypoint& keypoint = people.keypoints_of(0)[kind];
    ASSERT_TRUE(keypoint.present());
    // Cell centres are half a stride inside; the painter moves each point by at most 0.02 of the body.
    const double slack = 8 * (0.02 * 28 + 0.25);
    EXPECT_NEAR(keypoint.x, 8 * (20 + 28 * kStandingBody[kind].x + 0.5), slack);
    EXPECT_NEAR(keypoint.y, 8 * (2 + 28 * kStandingBody[kind].y + 0.5), slack);
  }
}

/** Maps of random values in a few styles. */
struct RandomMaps {
  RandomMaps(int height, int width, unsigned seed) : random(seed) {
    const auto cells = static_cast<size_t>(height * width);
    heatmaps = {std::vector<float>(19 * cells), {1, 19, height, width}};
    pafs = {std::vector<float>(38 * cells), {1, 38, height, width}};
  }
  void fill(float heat_low, float heat_high, float field) {
    std::uniform_real_distribution<float> heat(heat_low, heat_high);
    std::uniform_real_distribution<float> along(-0.1F * field, field);
    for (float& value : heatmaps.values) value = heat(random);
    for (float& value : pafs.values) value = along(random);
  }
  /** Puts `value` into one of `every` cells. */
  void sprinkle(float value, int every) {
    for (std::vector<float>* values : {&heatmaps.values, &pafs.values}) {
      for (float& cell : *values) {
        if (std::uniform_int_distribution<int>(1, every)(random) == 1) cell = value;
      }
    }
  }

  std::mt19937 random;
  NpyTensor heatmaps;
  NpyTensor pafs;
};

TEST(OpenPose, EqualsDenseTwinOnNoise) {
  unsigned seed = 1;
  for (const auto& [height, width] : std::vector<std::pair<int, int>>{{1, 1},
                                                                      {1, 9},
                                                                      {9, 1},
                                                                      {2, 3},
                                                                      {4, 6},
                                                                      {5, 7},
                                                                      {8, 8},
                                                                      {6, 15},
                                                                      {7, 16},
                                                                      {5, 23},
                                                                      {11, 24},
                                                                      {3, 40}}) {
    for (const float low : {-0.5F, -0.05F, 0.0F, 0.06F}) {
      RandomMaps maps(height, width, seed++);
      maps.fill(low, 0.2F, 1.0F);
      SCOPED_TRACE(maps.heatmaps.shape.to_string() + " from " + std::to_string(low));
      ASSERT_NO_FATAL_FAILURE(expect_equals_twin(maps.heatmaps.view(), maps.pafs.view()));
      ASSERT_NO_FATAL_FAILURE(expect_equals_twin(maps.heatmaps.view(), maps.pafs.view(), 0.19F));
      ASSERT_NO_FATAL_FAILURE(expect_equals_twin(maps.heatmaps.view(), maps.pafs.view(), 1e-6F));
    }
  }
}

TEST(OpenPose, EqualsDenseTwinAroundNegativeCells) {
  // Bicubic weights of outer taps are negative, so that a deep hole lifts its surroundings above the
  // threshold.
  for (unsigned seed = 1; seed < 30; ++seed) {
    RandomMaps maps(9, 50, seed);
    maps.fill(0.03F, 0.05F, 1.0F);
    maps.sprinkle(-2.0F, 40);
    ASSERT_NO_FATAL_FAILURE(expect_equals_twin(maps.heatmaps.view(), maps.pafs.view()));
  }
}

TEST(OpenPose, EqualsDenseTwinJustAboveTheThreshold) {
  // Four cells of 0.069 in noise of -0.0299 reach 0.107 between them, though each lies far below the
  // threshold.
  for (unsigned seed = 1; seed < 10; ++seed) {
    RandomMaps maps(12, 24, seed);
    maps.fill(-0.0299F, -0.0298F, 1.0F);
    std::uniform_int_distribution<int> x(0, 22);
    std::uniform_int_distribution<int> y(0, 10);
    for (int channel = 0; channel < 18; ++channel) {
      for (int square = 0; square < 3; ++square) {
        float* cell =
            &maps.heatmaps.values[static_cast<size_t>((channel * 12 + y(maps.random)) * 24 + x(maps.random))];
        for (const int offset : {0, 1, 24, 25}) cell[offset] = 0.069F;
      }
    }
    EXPECT_GT(decode(maps.heatmaps.view(), maps.pafs.view()).size(), 0U);
    ASSERT_NO_FATAL_FAILURE(expect_equals_twin(maps.heatmaps.view(), maps.pafs.view()));
  }
}

TEST(OpenPose, EqualsDenseTwinOnEqualValues) {
  // Plateaus and ties: few levels, so that neighbours are often equal.
  for (unsigned seed = 1; seed < 20; ++seed) {
    RandomMaps maps(7, 13, seed);
    maps.fill(0.0F, 0.3F, 1.0F);
    for (float& value : maps.heatmaps.values) value = std::round(value * 10) / 10;
    for (float& value : maps.pafs.values) value = std::round(value * 4) / 4;
    ASSERT_NO_FATAL_FAILURE(expect_equals_twin(maps.heatmaps.view(), maps.pafs.view()));
  }
}

TEST(OpenPose, EqualsDenseTwinWithInvalidValues) {
  unsigned seed = 100;
  for (const float value : {kNaN, kInfinity, -kInfinity, 3e38F, -3e38F, 1e-42F}) {
    for (const int every : {1, 2, 9, 60}) {
      RandomMaps maps(9, 17, seed++);
      maps.fill(-0.05F, 0.3F, 1.0F);
      maps.sprinkle(value, every);
      SCOPED_TRACE(std::to_string(value) + " in one of " + std::to_string(every));
      for (const LimbRatio ratio : {LimbRatio::all, LimbRatio::most}) {
        const Instances people = decode(maps.heatmaps.view(), maps.pafs.view(), uncapped(ratio));
        for (const Instances::Header& header : people.headers) {
          EXPECT_TRUE(header.score >= 0.0F && header.score <= 1.0F) << header.score;
          EXPECT_TRUE(std::isfinite(header.raw_score));
        }
        for (const Keypoint& keypoint : people.keypoints) {
          if (!keypoint.present()) continue;
          EXPECT_TRUE(keypoint.x > 0 && keypoint.x < 17 * 8 && keypoint.y > 0 && keypoint.y < 9 * 8);
          EXPECT_TRUE(keypoint.score >= 0.0F && keypoint.score <= 1.0F) << keypoint.score;
        }
      }
      if (std::abs(value) < 1e38F || std::isnan(value)) {
        ASSERT_NO_FATAL_FAILURE(expect_equals_twin(maps.heatmaps.view(), maps.pafs.view()));
      }
    }
  }
}

TEST(OpenPose, EmptyMapsHoldNobody) {
  for (const float value : {0.0F, 0.0999F, -1.0F, kNaN, -kInfinity}) {
    NpyTensor heatmaps{std::vector<float>(19 * 32 * 57, value), {1, 19, 32, 57}};
    const NpyTensor pafs{std::vector<float>(38 * 32 * 57, 1.0F), {1, 38, 32, 57}};
    EXPECT_EQ(decode(heatmaps.view(), pafs.view()).size(), 0U);
  }
}

TEST(OpenPose, AcceptsMapsWithoutBackground) {
  const OpenPoseScene scene = paint_crowd(3, 5);
  TensorView heatmaps = scene.heatmaps_view();
  const Instances with = decode(heatmaps, scene.pafs_view());
  heatmaps.shape = {1, 18, 32, 57};
  expect_same(decode(heatmaps, scene.pafs_view()), with);
}

TEST(OpenPose, OneBadSampleSeparatesTheModes) {
  OpenPoseScenePainter painter(32, 57, 11);
  painter.add_person(28.0F, 2.0F, 28.0F);
  OpenPoseScene scene = painter.take();
  const Instances whole = decode(scene.heatmaps_view(), scene.pafs_view());
  ASSERT_EQ(whole.size(), 1U);
  // Samples from neck to right hip are a cell apart: a row of cells that points upwards spoils one of them.
  const Keypoint& neck = whole.keypoints_of(0)[1];
  const Keypoint& hip = whole.keypoints_of(0)[8];
  const int row = static_cast<int>((neck.y + (hip.y - neck.y) * 4 / 9) / 8);
  for (int x = 0; x < 57; ++x) {
    scene.pafs[static_cast<size_t>(row * 57 + x)] = 0.0F;
    scene.pafs[static_cast<size_t>((32 + row) * 57 + x)] = -0.8F;
  }
  OpenPoseOptions options;
  const Instances strict = decode(scene.heatmaps_view(), scene.pafs_view(), options);
  options.limb_ratio = LimbRatio::most;
  const Instances lenient = decode(scene.heatmaps_view(), scene.pafs_view(), options);
  ASSERT_EQ(lenient.size(), 1U);
  EXPECT_EQ(lenient.keypoints_of(0)[8].x, hip.x);
  // Nobody is merged: the leg becomes a person of its own.
  ASSERT_EQ(strict.size(), 2U);
  EXPECT_FALSE(strict.keypoints_of(0)[8].present());
  EXPECT_EQ(strict.keypoints_of(1)[8].x, hip.x);
}

TEST(OpenPose, CapsPeopleByRawScore) {
  const OpenPoseScene scene = paint_crowd(10, 1);
  const Instances everyone = decode(scene.heatmaps_view(), scene.pafs_view());
  ASSERT_EQ(everyone.size(), 10U);
  std::vector<float> scores;
  for (const auto& header : everyone.headers) scores.push_back(header.raw_score);
  std::sort(scores.begin(), scores.end(), std::greater<float>());
  OpenPoseOptions options;
  options.max_people = 3;
  const Instances few = decode(scene.heatmaps_view(), scene.pafs_view(), options);
  ASSERT_EQ(few.size(), 3U);
  std::vector<float> kept;
  for (const auto& header : few.headers) kept.push_back(header.raw_score);
  std::sort(kept.begin(), kept.end(), std::greater<float>());
  EXPECT_THAT(kept, ::testing::ElementsAre(scores[0], scores[1], scores[2]));
}

TEST(OpenPose, CapsPeaksByScore) {
  // Two people and a cap of one peak a kind: what is left are the best peaks of both.
  OpenPoseScenePainter painter(32, 57, 21);
  painter.add_person(14.0F, 2.0F, 28.0F);
  painter.add_person(42.0F, 2.0F, 28.0F);
  const OpenPoseScene scene = painter.take();
  const Instances both = decode(scene.heatmaps_view(), scene.pafs_view());
  ASSERT_EQ(both.size(), 2U);
  OpenPoseOptions options;
  options.max_peaks = 1;
  const Instances capped = decode(scene.heatmaps_view(), scene.pafs_view(), options);
  for (size_t i = 0; i < capped.size(); ++i) {
    for (size_t kind = 0; kind < kOpenPoseKeypoints; ++kind) {
      const Keypoint& keypoint = capped.keypoints_of(i)[kind];
      if (!keypoint.present()) continue;
      EXPECT_EQ(keypoint.score, std::max(both.keypoints_of(0)[kind].score, both.keypoints_of(1)[kind].score));
    }
  }
}

TEST(OpenPose, RefusesOtherShapes) {
  const Shape heatmaps{1, 19, 32, 57};
  const Shape pafs{1, 38, 32, 57};
  EXPECT_NO_THROW(check_openpose_shapes(heatmaps, pafs));
  EXPECT_NO_THROW(check_openpose_shapes({1, 18, 1, 1024}, {1, 38, 1, 1024}));
  for (const Shape& wrong : std::vector<Shape>{{},
                                               {19, 32, 57},
                                               {1, 17, 32, 57},
                                               {2, 19, 32, 57},
                                               {1, 19, 0, 57},
                                               {1, 19, 32, 0},
                                               {1, 19, -1, 57},
                                               {1, 19, 32, 1025},
                                               {1, 19, int64_t{1} << 40, int64_t{1} << 40},
                                               {1, 19, 32, 57, 1}}) {
    EXPECT_THROW(check_openpose_shapes(wrong, pafs), std::invalid_argument) << wrong.to_string();
  }
  for (const Shape& wrong : std::vector<Shape>{{}, {1, 38, 32, 56}, {1, 38, 57, 32}, {1, 36, 32, 57}}) {
    EXPECT_THROW(check_openpose_shapes(heatmaps, wrong), std::invalid_argument) << wrong.to_string();
  }
  try {
    check_openpose_shapes(heatmaps, {1, 38, 32, 56});
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("expected [1, 38, 32, 57], found [1, 38, 32, 56]"));
  }
}

TEST(OpenPose, RefusesMissingDataAndOptionsOutOfRange) {
  const OpenPoseScene scene = paint_crowd(1, 1);
  EXPECT_THROW(decode({nullptr, {1, 19, 32, 57}}, scene.pafs_view()), std::invalid_argument);
  EXPECT_THROW(decode(scene.heatmaps_view(), {nullptr, {1, 38, 32, 57}}), std::invalid_argument);
  for (const float threshold : {0.0F, -0.1F, 1.5F, kNaN}) {
    OpenPoseOptions options;
    options.peak_threshold = threshold;
    EXPECT_THROW(decode(scene.heatmaps_view(), scene.pafs_view(), options), std::invalid_argument)
        << threshold;
  }
  OpenPoseOptions options;
  options.max_peaks = 0;
  EXPECT_THROW(decode(scene.heatmaps_view(), scene.pafs_view(), options), std::invalid_argument);
  options = {};
  options.max_people = 0;
  EXPECT_THROW(decode(scene.heatmaps_view(), scene.pafs_view(), options), std::invalid_argument);
}

TEST(OpenPose, OneArenaServesEverySize) {
  OpenPoseArena arena;
  for (const auto& [height, width] :
       std::vector<std::pair<int, int>>{{32, 57}, {5, 70}, {40, 9}, {32, 57}, {1, 1}}) {
    RandomMaps maps(height, width, 77);
    maps.fill(-0.05F, 0.2F, 1.0F);
    Instances reused;
    decode_openpose(maps.heatmaps.view(), maps.pafs.view(), {}, arena, reused);
    expect_same(reused, decode(maps.heatmaps.view(), maps.pafs.view()));
  }
}

}  // namespace
}  // namespace pose::test
