#include <gtest/gtest.h>

#include <algorithm>

#include "pose/simcc.h"
#include "top_down_golden.h"

namespace pose::test {
namespace {

constexpr const char* kFolder = "simcc";
constexpr double kTolerance = 1e-3;
constexpr double kScoreTolerance = 1e-6;

class SimccGolden : public ::testing::TestWithParam<int> {
 protected:
  /** `reference` is a key of the golden case; `crop` is where its network input lay in the image. */
  void expect_equals(const nlohmann::json& golden, const char* reference, SimccScore score,
                     const CropBox& crop) const {
    const std::string stem = top_down_golden_stem(kFolder, GetParam());
    const NpyTensor simcc_x = read_npy(stem + ".simcc_x.npy");
    const NpyTensor simcc_y = read_npy(stem + ".simcc_y.npy");
    SimccOptions options;
    options.score = score;
    options.split_ratio = golden["simcc_split_ratio"].get<float>();
    Instances people;
    decode_simcc(simcc_x.view(), simcc_y.view(), options, people);
    ASSERT_EQ(people.size(), 1U);
    ASSERT_EQ(people.keypoint_count, 17);
    const nlohmann::json& expected = golden[reference];
    double sum = 0.0;
    double raw_sum = 0.0;
    int present = 0;
    for (size_t i = 0; i < 17; ++i) {
      SCOPED_TRACE("keypoint " + std::to_string(i) + " " + golden["channel_kind"][i].get<std::string>());
      const auto keypoint_score = expected["scores"][i].get<double>();
      const Keypoint& keypoint = people.keypoints_of(0)[i];
      raw_sum += keypoint_score;
      ASSERT_EQ(keypoint.present(), keypoint_score > 0.0);
      if (!keypoint.present()) continue;
      // SimCC's maxima go a little beyond 1; scores do not.
      const double limited_score = std::min(keypoint_score, 1.0);
      sum += limited_score;
      ++present;
      EXPECT_NEAR(keypoint.score, limited_score, kScoreTolerance);
      if (expected.contains("keypoints_input")) {
        EXPECT_EQ(keypoint.x, expected["keypoints_input"][i][0].get<float>());
        EXPECT_EQ(keypoint.y, expected["keypoints_input"][i][1].get<float>());
      }
      const ImageKeypoint image = to_image(keypoint, golden["input_size"], crop);
      EXPECT_NEAR(image.x_img, expected["keypoints_image"][i][0].get<double>(), kTolerance);
      EXPECT_NEAR(image.y_img, expected["keypoints_image"][i][1].get<double>(), kTolerance);
    }
    EXPECT_NEAR(people.headers[0].raw_score, raw_sum / 17, kScoreTolerance);
    EXPECT_NEAR(people.headers[0].score, sum / present, kScoreTolerance);
    EXPECT_GE(present, 10);
  }
};

TEST_P(SimccGolden, MinEqualsMmpose) {
  POSE_REQUIRE_SHARED_DATA();
  const nlohmann::json golden = top_down_golden(kFolder, GetParam());
  expect_equals(golden, "mmpose", SimccScore::min, crop_box(golden["center"], golden["scale"]));
}

TEST_P(SimccGolden, MeanEqualsRtmlib) {
  POSE_REQUIRE_SHARED_DATA();
  const nlohmann::json golden = top_down_golden(kFolder, GetParam());
  expect_equals(golden, "rtmlib", SimccScore::mean,
                crop_box(golden["rtmlib"]["center"], golden["rtmlib"]["scale"]));
}

INSTANTIATE_TEST_SUITE_P(Cases, SimccGolden, ::testing::Range(0, kTopDownGoldenCases));

}  // namespace
}  // namespace pose::test
