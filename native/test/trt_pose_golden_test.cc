#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "npy.h"
#include "shared_data.h"
#include "trt_pose_comparison.h"
#include "trt_pose_people.h"

namespace pose::test {
namespace {

nlohmann::json read_json(const std::string& name) {
  std::ifstream file(shared_data() + "/golden/trt_pose/" + name + ".json");
  return nlohmann::json::parse(file);
}

/** A case of the golden data, decoded stage by stage with the reference's caps. */
struct GoldenCase {
  explicit GoldenCase(const std::string& name)
      : golden(read_json(name)),
        cmap(read_npy(shared_data() + "/golden/trt_pose/" + name + ".cmap.npy")),
        paf(read_npy(shared_data() + "/golden/trt_pose/" + name + ".paf.npy")) {
    TrtPosePeakFinder finder;
    finder.resize({kSide, kSide, 0.1F, 5, kMaxPeaks});
    parts.peaks.resize(kKeypoints);
    for (size_t kind = 0; kind < kKeypoints; ++kind) {
      finder.find(cmap.values.data() + kind * kSide * kSide, parts.peaks[kind]);
    }
    matcher.reserve(kMaxPeaks);
    parts.connections.resize(links.size());
    for (size_t i = 0; i < links.size(); ++i) {
      matcher.match(field(i), from(i), to(i), 0.1F, parts.connections[i]);
    }
  }

  TrtPoseField field(size_t link) const {
    const float* planes = paf.values.data();
    return {planes + links[link].paf_y * kSide * kSide, planes + links[link].paf_x * kSide * kSide, kSide,
            kSide};
  }
  const std::vector<TrtPosePeak>& from(size_t link) const {
    return parts.peaks[static_cast<size_t>(links[link].from)];
  }
  const std::vector<TrtPosePeak>& to(size_t link) const {
    return parts.peaks[static_cast<size_t>(links[link].to)];
  }

  static constexpr int kSide = 56;
  static constexpr size_t kKeypoints = 18;
  static constexpr size_t kMaxPeaks = 100;
  const std::vector<TrtPoseLink>& links = trt_pose_human_links();
  nlohmann::json golden;
  NpyTensor cmap;
  NpyTensor paf;
  TrtPoseParts parts;
  TrtPoseLinkMatcher matcher;
};

class TrtPoseGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(TrtPoseGolden, PeaksEqualReference) {
  POSE_REQUIRE_SHARED_DATA();
  const GoldenCase found(GetParam());
  for (size_t kind = 0; kind < GoldenCase::kKeypoints; ++kind) {
    const std::vector<TrtPosePeak>& peaks = found.parts.peaks[kind];
    ASSERT_EQ(peaks.size(), found.golden["peak_counts"][kind].get<size_t>());
    for (size_t i = 0; i < peaks.size(); ++i) {
      SCOPED_TRACE("keypoint " + std::to_string(kind) + " peak " + std::to_string(i));
      EXPECT_EQ(peaks[i].row, found.golden["peaks_ij"][kind][i][0].get<int>());
      EXPECT_EQ(peaks[i].column, found.golden["peaks_ij"][kind][i][1].get<int>());
      const nlohmann::json& refined = found.golden["refined_peaks_ij"][kind][i];
      EXPECT_NEAR(peaks[i].y_map / GoldenCase::kSide, refined[0].get<double>(), 1e-6);
      EXPECT_NEAR(peaks[i].x_map / GoldenCase::kSide, refined[1].get<double>(), 1e-6);
    }
  }
}

TEST_P(TrtPoseGolden, LinksEqualReference) {
  POSE_REQUIRE_SHARED_DATA();
  GoldenCase found(GetParam());
  for (size_t link = 0; link < found.links.size(); ++link) {
    SCOPED_TRACE("link " + std::to_string(link));
    const float* costs = found.matcher.costs(found.field(link), found.from(link), found.to(link));
    for (size_t i = 0; i < found.from(link).size(); ++i) {
      const nlohmann::json& scores = found.golden["score_graph"][link][i];
      ASSERT_EQ(scores.size(), found.to(link).size());
      for (const nlohmann::json& score : scores) EXPECT_NEAR(-*costs++, score.get<double>(), 1e-6);
    }
    EXPECT_EQ(found.parts.connections[link].to_of,
              found.golden["connections"][link].get<std::vector<int16_t>>());
  }
}

TEST_P(TrtPoseGolden, ObjectsEqualReference) {
  POSE_REQUIRE_SHARED_DATA();
  const GoldenCase found(GetParam());
  TrtPosePeople people;
  people.reserve(GoldenCase::kKeypoints, GoldenCase::kMaxPeaks);
  people.assemble(found.links, found.parts);
  ASSERT_EQ(people.size(), found.golden["object_count"].get<size_t>());
  for (size_t i = 0; i < people.size(); ++i) {
    const auto expected = found.golden["objects"][i].get<std::vector<int16_t>>();
    EXPECT_THAT(expected, ::testing::ElementsAreArray(people.peaks_of(i), GoldenCase::kKeypoints));
  }
}

TEST_P(TrtPoseGolden, PeopleEqualReference) {
  POSE_REQUIRE_SHARED_DATA();
  const GoldenCase found(GetParam());
  const Instances people = decode_alone(found.cmap.view(), found.paf.view());
  ASSERT_EQ(people.size(), found.golden["object_count"].get<size_t>());
  ASSERT_EQ(people.keypoint_count, 18);
  constexpr double kInputSide = 4.0 * GoldenCase::kSide;
  for (size_t i = 0; i < people.size(); ++i) {
    int present = 0;
    for (size_t kind = 0; kind < GoldenCase::kKeypoints; ++kind) {
      const Keypoint& keypoint = people.keypoints_of(i)[kind];
      const nlohmann::json& expected = found.golden["object_keypoints_normalized_xy"][i][kind];
      ASSERT_EQ(keypoint.present(), expected[0].get<double>() != -1.0) << i << " " << kind;
      if (!keypoint.present()) continue;
      ++present;
      EXPECT_NEAR(keypoint.x / kInputSide, expected[0].get<double>(), 1e-6);
      EXPECT_NEAR(keypoint.y / kInputSide, expected[1].get<double>(), 1e-6);
      const auto peak = found.golden["objects"][i][kind].get<size_t>();
      const nlohmann::json& cell = found.golden["peaks_ij"][kind][peak];
      const size_t at =
          (kind * GoldenCase::kSide + cell[0].get<size_t>()) * GoldenCase::kSide + cell[1].get<size_t>();
      EXPECT_EQ(keypoint.score, std::min(found.cmap.values[at], 1.0F));
    }
    EXPECT_EQ(people.headers[i].raw_score, static_cast<float>(present));
  }
}

TEST_P(TrtPoseGolden, EqualsPlainTwin) {
  POSE_REQUIRE_SHARED_DATA();
  const GoldenCase found(GetParam());
  expect_equals_plain_twin(found.cmap.view(), found.paf.view(), {});
}

INSTANTIATE_TEST_SUITE_P(Cases, TrtPoseGolden,
                         ::testing::Values("00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10",
                                           "11"),
                         [](const auto& info) { return std::string(info.param); });

TEST(TrtPose, HumanLinksEqualTopology) {
  POSE_REQUIRE_SHARED_DATA();
  const nlohmann::json topology = read_json("topology")["topology"];
  ASSERT_EQ(trt_pose_human_links().size(), topology.size());
  for (size_t i = 0; i < topology.size(); ++i) {
    const TrtPoseLink& link = trt_pose_human_links()[i];
    EXPECT_EQ(nlohmann::json({link.paf_y, link.paf_x, link.from, link.to}), topology[i]) << i;
  }
}

}  // namespace
}  // namespace pose::test
