#include "pose/simcc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "allocation_counter.h"

namespace pose::test {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/** Distributions of both axes. */
struct SimccScene {
  std::vector<float> x;
  std::vector<float> y;
  Shape shape_x;
  Shape shape_y;

  SimccScene(int people, int keypoints, int bins_x, int bins_y, float value = 0.0F)
      : x(static_cast<size_t>(people * keypoints * bins_x), value),
        y(static_cast<size_t>(people * keypoints * bins_y), value),
        shape_x{people, keypoints, bins_x},
        shape_y{people, keypoints, bins_y} {}

  TensorView x_view() const { return {x.data(), shape_x}; }
  TensorView y_view() const { return {y.data(), shape_y}; }
  void fill(std::mt19937& random, float low, float high) {
    std::uniform_real_distribution<float> value(low, high);
    for (std::vector<float>* axis : {&x, &y}) {
      for (float& bin : *axis) bin = value(random);
    }
  }
};

SimccOptions with(SimccScore score) {
  SimccOptions options;
  options.score = score;
  return options;
}

Instances decode(const SimccScene& scene, const SimccOptions& options = {}) {
  Instances people;
  decode_simcc(scene.x_view(), scene.y_view(), options, people);
  return people;
}

/** Bin by bin, with std::max_element. Bins must be finite. */
void expect_equals_twin(const SimccScene& scene, const SimccOptions& options) {
  const Instances people = decode(scene, options);
  const auto bins_x = static_cast<ptrdiff_t>(scene.shape_x[2]);
  const auto bins_y = static_cast<ptrdiff_t>(scene.shape_y[2]);
  ASSERT_EQ(people.size(), static_cast<size_t>(scene.shape_x[0]));
  ASSERT_EQ(people.keypoints.size(), static_cast<size_t>(scene.shape_x[0] * scene.shape_x[1]));
  for (size_t i = 0; i < people.keypoints.size(); ++i) {
    const auto first_x = scene.x.begin() + static_cast<ptrdiff_t>(i) * bins_x;
    const auto first_y = scene.y.begin() + static_cast<ptrdiff_t>(i) * bins_y;
    const auto max_x = std::max_element(first_x, first_x + bins_x);
    const auto max_y = std::max_element(first_y, first_y + bins_y);
    const double score =
        options.score == SimccScore::min ? std::min(*max_x, *max_y) : (double{*max_x} + double{*max_y}) / 2;
    const Keypoint& keypoint = people.keypoints[i];
    ASSERT_EQ(keypoint.present(), score > 0) << "keypoint " << i;
    if (!keypoint.present()) continue;
    ASSERT_FLOAT_EQ(keypoint.score, static_cast<float>(std::min(score, 1.0)));
    ASSERT_FLOAT_EQ(keypoint.x, static_cast<float>(max_x - first_x) / options.split_ratio);
    ASSERT_FLOAT_EQ(keypoint.y, static_cast<float>(max_y - first_y) / options.split_ratio);
  }
}

TEST(Simcc, EqualsTwinOnNoise) {
  std::mt19937 random(1);
  for (const auto& [bins_x, bins_y] : std::vector<std::pair<int, int>>{
           {1, 1}, {2, 3}, {15, 16}, {63, 64}, {65, 127}, {128, 129}, {384, 512}, {576, 768}, {1000, 31}}) {
    for (const auto& [low, high] : std::vector<std::pair<float, float>>{
             {0.0F, 1.2F}, {-1.0F, 0.01F}, {-2.0F, -1.0F}, {-1e-3F, 2e-3F}}) {
      SimccScene scene(4, 9, bins_x, bins_y);
      scene.fill(random, low, high);
      for (const SimccScore score : {SimccScore::min, SimccScore::mean}) {
        SimccOptions options = with(score);
        ASSERT_NO_FATAL_FAILURE(expect_equals_twin(scene, options));
        options.split_ratio = 3.0F;
        ASSERT_NO_FATAL_FAILURE(expect_equals_twin(scene, options));
      }
      // Few levels: ties.
      for (std::vector<float>* axis : {&scene.x, &scene.y}) {
        for (float& bin : *axis) bin = std::round(bin * 8) / 8;
      }
      ASSERT_NO_FATAL_FAILURE(expect_equals_twin(scene, {}));
    }
  }
}

TEST(Simcc, FindsTheMaximumInEveryBin) {
  for (int bin = 0; bin < 200; ++bin) {
    SimccScene scene(1, 1, 200, 200);
    scene.x[static_cast<size_t>(bin)] = 0.5F;
    scene.y[static_cast<size_t>(199 - bin)] = 0.5F;
    const Instances people = decode(scene);
    ASSERT_EQ(people.keypoints[0].x, 0.5F * static_cast<float>(bin));
    ASSERT_EQ(people.keypoints[0].y, 0.5F * static_cast<float>(199 - bin));
  }
}

TEST(Simcc, MinAndMeanDifferWhereOneAxisIsNegative) {
  SimccScene scene(1, 2, 8, 8, -0.25F);
  scene.x[3] = 0.75F;
  scene.x[8 + 2] = 0.75F;
  scene.y[8 + 4] = 1.75F;
  const Instances least = decode(scene, with(SimccScore::min));
  EXPECT_FALSE(least.keypoints[0].present());
  EXPECT_EQ(least.keypoints[1].score, 0.75F);
  EXPECT_EQ(least.headers[0].score, 0.75F);
  EXPECT_EQ(least.headers[0].raw_score, 0.25F);
  const Instances mean = decode(scene, with(SimccScore::mean));
  EXPECT_EQ(mean.keypoints[0].x, 1.5F);
  EXPECT_EQ(mean.keypoints[0].y, 0.0F);
  EXPECT_EQ(mean.keypoints[0].score, 0.25F);
  EXPECT_EQ(mean.keypoints[1].score, 1.0F);
  EXPECT_EQ(mean.headers[0].score, 0.625F);
  EXPECT_EQ(mean.headers[0].raw_score, 0.75F);
}

TEST(Simcc, MakesNoKeypointWithoutAPositiveScore) {
  for (const float value : {0.0F, -0.0F, -1.0F, kNaN, kInfinity, -kInfinity}) {
    const SimccScene scene(2, 3, 384, 512, value);
    for (const SimccScore score : {SimccScore::min, SimccScore::mean}) {
      const Instances people = decode(scene, with(score));
      ASSERT_EQ(people.size(), 2U);
      for (const Keypoint& keypoint : people.keypoints) EXPECT_FALSE(keypoint.present());
      EXPECT_EQ(people.headers[1].score, 0.0F);
      EXPECT_EQ(people.headers[1].raw_score, std::isfinite(value) ? value : 0.0F);
    }
  }
}

TEST(Simcc, PassesOverBinsThatAreNotFinite) {
  for (const float value : {kNaN, kInfinity, -kInfinity}) {
    for (const size_t at : {size_t{0}, size_t{40}, size_t{99}}) {
      SimccScene scene(1, 1, 100, 100, 0.125F);
      scene.x[at] = value;
      scene.y[at] = value;
      scene.x[70] = 0.5F;
      scene.y[20] = 0.25F;
      const Instances people = decode(scene);
      EXPECT_EQ(people.keypoints[0].x, 35.0F);
      EXPECT_EQ(people.keypoints[0].y, 10.0F);
      EXPECT_EQ(people.keypoints[0].score, 0.25F);
    }
  }
  // An axis without any finite bin.
  for (const SimccScore score : {SimccScore::min, SimccScore::mean}) {
    SimccScene scene(1, 1, 10, 10, 0.5F);
    std::fill(scene.y.begin(), scene.y.end(), kNaN);
    const Instances people = decode(scene, with(score));
    EXPECT_FALSE(people.keypoints[0].present());
    EXPECT_EQ(people.headers[0].raw_score, 0.0F);
  }
}

TEST(Simcc, StaysFiniteWithTheLargestNumbers) {
  for (const float split_ratio : {kSimccMinSplitRatio, kSimccMaxSplitRatio}) {
    for (const SimccScore score : {SimccScore::min, SimccScore::mean}) {
      SimccOptions options = with(score);
      options.split_ratio = split_ratio;
      const Instances people = decode(SimccScene(1, 256, 64, 64, 3.4e38F), options);
      EXPECT_EQ(people.keypoints[255].score, 1.0F);
      EXPECT_EQ(people.headers[0].score, 1.0F);
      EXPECT_EQ(people.headers[0].raw_score, 3.4e38F);
    }
  }
}

TEST(Simcc, RefusesOtherShapes) {
  EXPECT_EQ(check_simcc_shapes({1, 17, 384}, {1, 17, 512}), 17);
  EXPECT_EQ(check_simcc_shapes({256, 256, 16384}, {256, 256, 1}), 256);
  for (const Shape& wrong : std::vector<Shape>{{},
                                               {17, 384},
                                               {1, 17, 384, 1},
                                               {0, 17, 384},
                                               {257, 17, 384},
                                               {1, 0, 384},
                                               {1, 257, 384},
                                               {1, 17, 0},
                                               {1, 17, 16385},
                                               {1, 17, int64_t{1} << 60}}) {
    EXPECT_THROW(check_simcc_shapes(wrong, {1, 17, 512}), std::invalid_argument) << wrong.to_string();
    EXPECT_THROW(check_simcc_shapes({1, 17, 384}, wrong), std::invalid_argument) << wrong.to_string();
  }
  try {
    check_simcc_shapes({2, 17, 384}, {1, 17, 512});
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("simcc_y: expected [2, 17, bins down]"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("found [1, 17, 512]"));
  }
}

TEST(Simcc, RefusesMissingDataAndOptionsOutOfRange) {
  const SimccScene scene(1, 17, 384, 512);
  Instances people;
  EXPECT_THROW(decode_simcc({nullptr, scene.shape_x}, scene.y_view(), {}, people), std::invalid_argument);
  EXPECT_THROW(decode_simcc(scene.x_view(), {nullptr, scene.shape_y}, {}, people), std::invalid_argument);
  for (const float split_ratio : {0.0F, -2.0F, 0.009F, 101.0F, kInfinity, kNaN}) {
    SimccOptions options;
    options.split_ratio = split_ratio;
    EXPECT_THROW(decode(scene, options), std::invalid_argument) << split_ratio;
  }
  EXPECT_THROW(decode(scene, with(static_cast<SimccScore>(2))), std::invalid_argument);
}

TEST(SimccAllocation, SteadyDecodingAllocatesNothing) {
  Instances people;
  const SimccScene nobody(20, 17, 384, 512);
  decode_simcc(nobody.x_view(), nobody.y_view(), {}, people);
  std::mt19937 random(3);
  std::vector<SimccScene> scenes;
  for (const int count : {20, 1, 5}) {
    scenes.emplace_back(count, 17, 384, 512);
    scenes.back().fill(random, -0.1F, 1.0F);
  }
  const int64_t before = allocations();
  size_t found = 0;
  for (const SimccScene& scene : scenes) {
    decode_simcc(scene.x_view(), scene.y_view(), {}, people);
    found += people.size();
  }
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(found, 26U);
}

}  // namespace
}  // namespace pose::test
