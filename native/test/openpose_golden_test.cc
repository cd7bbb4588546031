#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "npy.h"
#include "openpose_comparison.h"
#include "shared_data.h"

namespace pose::test {
namespace {

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

}  // namespace
}  // namespace pose::test
