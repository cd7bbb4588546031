#include "pose/openpose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "npy.h"
#include "openpose_dense_twin.h"
#include "openpose_scene.h"
#include "shared_data.h"

namespace pose::test {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Instances decode(const TensorView& heatmaps, const TensorView& pafs, const OpenPoseOptions& options = {}) {
  OpenPoseArena arena;
  Instances people;
  decode_openpose(heatmaps, pafs, options, arena, people);
  return people;
}

/** No caps: the twin has none. */
OpenPoseOptions uncapped(LimbRatio ratio) {
  OpenPoseOptions options;
  options.limb_ratio = ratio;
  options.max_peaks = kOpenPoseMaxPeaks;
  options.max_people = 1 << 20;
  return options;
}

void expect_same(const Instances& found, const Instances& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found.headers[i].raw_score, expected.headers[i].raw_score) << "person " << i;
    ASSERT_EQ(found.headers[i].score, expected.headers[i].score) << "person " << i;
    ASSERT_EQ(found.headers[i].track_id, -1);
  }
  for (size_t i = 0; i < found.keypoints.size(); ++i) {
    const Keypoint& a = found.keypoints[i];
    const Keypoint& b = expected.keypoints[i];
    ASSERT_EQ(a.present(), b.present()) << "keypoint " << i;
    ASSERT_EQ(a.score, b.score) << "keypoint " << i;
    if (!a.present()) continue;
    ASSERT_EQ(a.x, b.x) << "keypoint " << i;
    ASSERT_EQ(a.y, b.y) << "keypoint " << i;
  }
}

void expect_equals_twin(const TensorView& heatmaps, const TensorView& pafs, float threshold = 0.1F) {
  for (const LimbRatio ratio : {LimbRatio::all, LimbRatio::most}) {
    OpenPoseOptions options = uncapped(ratio);
    options.peak_threshold = threshold;
    expect_same(decode(heatmaps, pafs, options), decode_openpose_densely(heatmaps, pafs, threshold, ratio));
    if (::testing::Test::HasFatalFailure()) return;
  }
}

/** A tensor of a named case of the golden data. */
NpyTensor golden_tensor(const std::string& name, const char* kind) {
  return read_npy(shared_data() + "/golden/openpose/" + name + "." + kind + ".npy");
}

class OpenPoseGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(OpenPoseGolden, EqualsReference) {
  POSE_REQUIRE_SHARED_DATA();
  const std::string name = GetParam();
  std::ifstream file(shared_data() + "/golden/openpose/" + name + ".json");
  const nlohmann::json golden = nlohmann::json::parse(file);
  const NpyTensor heatmaps = golden_tensor(name, "heatmaps");
  const NpyTensor pafs = golden_tensor(name, "pafs");
  const Instances people = decode(heatmaps.view(), pafs.view());

  const nlohmann::json& poses = golden["poses"];
  ASSERT_EQ(people.size(), poses.size());
  for (size_t i = 0; i < people.size(); ++i) {
    const auto raw_score = poses[i]["score"].get<double>();
    EXPECT_NEAR(people.headers[i].raw_score, raw_score, 1e-5 * raw_score);
    for (size_t kind = 0; kind < kOpenPoseKeypoints; ++kind) {
      const Keypoint& keypoint = people.keypoints_of(i)[kind];
      const auto x_img = poses[i]["keypoints"][kind][0].get<double>();
      const auto y_img = poses[i]["keypoints"][kind][1].get<double>();
      ASSERT_EQ(keypoint.present(), x_img != -1.0) << "person " << i << " keypoint " << kind;
      if (!keypoint.present()) continue;
      EXPECT_NEAR(keypoint.x * golden["scale_x"].get<double>(), x_img, 1e-3);
      EXPECT_NEAR(keypoint.y * golden["scale_y"].get<double>(), y_img, 1e-3);
      EXPECT_GE(keypoint.score, 0.1F);
      EXPECT_LE(keypoint.score, 1.0F);
    }
  }
}

TEST_P(OpenPoseGolden, EqualsDenseTwin) {
  POSE_REQUIRE_SHARED_DATA();
  const NpyTensor heatmaps = golden_tensor(GetParam(), "heatmaps");
  const NpyTensor pafs = golden_tensor(GetParam(), "pafs");
  expect_equals_twin(heatmaps.view(), pafs.view());
}

INSTANTIATE_TEST_SUITE_P(Images, OpenPoseGolden,
                         ::testing::Values("COCO_val2014_000000000328", "COCO_val2014_000000000415",
                                           "COCO_val2014_000000000428", "COCO_val2014_000000000459",
                                           "COCO_val2014_000000000564", "COCO_val2014_000000000569",
                                           "COCO_val2014_000000000589", "COCO_val2014_000000000623",
                                           "mm_coco_000000000785", "mm_coco_000000197388",
                                           "mm_crowdpose_103319", "mm_crowdpose_106848", "mm_mpii_060754485",
                                           "mm_ochuman_003896"),
                         [](const auto& info) { return std::string(info.param); });

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
