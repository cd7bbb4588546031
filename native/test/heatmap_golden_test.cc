#include <gtest/gtest.h>

#include <cmath>

#include "pose/heatmap.h"
#include "top_down_golden.h"

namespace pose::test {
namespace {

constexpr const char* kFolder = "topdown_heatmap";
constexpr double kCellTolerance = 1e-3;
constexpr double kImageTolerance = 1e-2;

class HeatmapGolden : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    POSE_REQUIRE_SHARED_DATA();
    golden_ = top_down_golden(kFolder, GetParam());
    heatmaps_ = read_npy(top_down_golden_stem(kFolder, GetParam()) + ".heatmaps.npy");
  }

  Instances decode(HeatmapRefine refine) const {
    HeatmapOptions options;
    options.refine = refine;
    HeatmapArena arena;
    Instances people;
    decode_heatmaps(heatmaps_.view(), options, arena, people);
    return people;
  }

  /** Presence, scores and both kinds of score of the only person. */
  void expect_scores(const Instances& people) const {
    ASSERT_EQ(people.size(), 1U);
    ASSERT_EQ(people.keypoint_count, 17);
    double sum = 0.0;
    double raw_sum = 0.0;
    int present = 0;
    for (size_t i = 0; i < 17; ++i) {
      const auto score = golden_["scores"][i].get<double>();
      const Keypoint& keypoint = people.keypoints_of(0)[i];
      ASSERT_EQ(keypoint.present(), score > 0.0) << "keypoint " << i;
      EXPECT_FLOAT_EQ(keypoint.score, score > 0.0 ? static_cast<float>(score) : 0.0F);
      raw_sum += score;
      if (!keypoint.present()) continue;
      sum += score;
      ++present;
    }
    EXPECT_NEAR(people.headers[0].raw_score, raw_sum / 17, 1e-6);
    EXPECT_NEAR(people.headers[0].score, sum / present, 1e-6);
    EXPECT_GE(present, 10);
  }

  /** `pitch` is network-input pixels a cell. */
  void expect_equals(const char* reference, HeatmapRefine refine, double pitch_x, double pitch_y) const {
    const Instances people = decode(refine);
    ASSERT_NO_FATAL_FAILURE(expect_scores(people));
    const nlohmann::json& expected = golden_[reference];
    const CropBox crop = crop_box(golden_["center"], golden_["scale"]);
    for (size_t i = 0; i < 17; ++i) {
      const Keypoint& keypoint = people.keypoints_of(0)[i];
      if (!keypoint.present()) continue;
      SCOPED_TRACE(std::string(reference) + " keypoint " + std::to_string(i) + " " +
                   golden_["channel_kind"][i].get<std::string>());
      const nlohmann::json& map = expected["keypoints_heatmap"][i];
      EXPECT_NEAR(keypoint.x / pitch_x, map[0].get<double>(), kCellTolerance);
      EXPECT_NEAR(keypoint.y / pitch_y, map[1].get<double>(), kCellTolerance);
      const ImageKeypoint image = to_image(keypoint, golden_["input_size"], crop);
      EXPECT_NEAR(image.x_img, expected["keypoints_image"][i][0].get<double>(), kImageTolerance);
      EXPECT_NEAR(image.y_img, expected["keypoints_image"][i][1].get<double>(), kImageTolerance);
    }
  }

  nlohmann::json golden_;
  NpyTensor heatmaps_;
};

TEST_P(HeatmapGolden, QuarterEqualsMmpose) {
  expect_equals("mmpose_msra_quarter", HeatmapRefine::quarter, 4.0, 4.0);
}

TEST_P(HeatmapGolden, DarkEqualsMmpose) { expect_equals("mmpose_msra_dark", HeatmapRefine::dark, 4.0, 4.0); }

TEST_P(HeatmapGolden, DarkUdpEqualsMmpose) {
  expect_equals("mmpose_udp_dark", HeatmapRefine::dark_udp, 192.0 / 47, 256.0 / 63);
}

TEST_P(HeatmapGolden, EqualsAlphaPose) {
  const Instances people = decode(HeatmapRefine::alphapose);
  ASSERT_NO_FATAL_FAILURE(expect_scores(people));
  const nlohmann::json& expected = golden_["alphapose_simple"];
  const nlohmann::json& box = expected["crop_bbox_xyxy"];
  const CropBox crop{box[0].get<double>(), box[1].get<double>(), box[2].get<double>() - box[0].get<double>(),
                     box[3].get<double>() - box[1].get<double>()};
  for (size_t i = 0; i < 17; ++i) {
    const Keypoint& keypoint = people.keypoints_of(0)[i];
    if (!keypoint.present()) continue;
    const ImageKeypoint image = to_image(keypoint, golden_["input_size"], crop);
    EXPECT_NEAR(image.x_img, expected["keypoints_image"][i][0].get<double>(), kImageTolerance) << i;
    EXPECT_NEAR(image.y_img, expected["keypoints_image"][i][1].get<double>(), kImageTolerance) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, HeatmapGolden, ::testing::Range(0, kTopDownGoldenCases));

}  // namespace
}  // namespace pose::test
