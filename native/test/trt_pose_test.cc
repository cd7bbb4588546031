#include "pose/trt_pose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "trt_pose_comparison.h"
#include "trt_pose_scene.h"

namespace pose::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/** Maps of zeros for two kinds of keypoint and the link from the first to the second. */
struct TwoKinds {
  TwoKinds(int height_, int width_) : height(height_), width(width_) {
    const auto cells = static_cast<size_t>(height * width);
    cmap = {std::vector<float>(2 * cells), {1, 2, height, width}};
    paf = {std::vector<float>(2 * cells), {1, 2, height, width}};
    options.links = {{0, 1, 0, 1}};
    options.stride = 1;
  }
  float& heat(int kind, int row, int column) { return at(cmap, kind, row, column); }
  float& field_y(int row, int column) { return at(paf, 0, row, column); }
  float& field_x(int row, int column) { return at(paf, 1, row, column); }
  float& at(NpyTensor& tensor, int channel, int row, int column) const {
    return tensor.values[static_cast<size_t>((channel * height + row) * width + column)];
  }
  Instances people() const { return decode_alone(cmap.view(), paf.view(), options); }
  /** Scores of one kind's keypoints, in the order of people. */
  std::vector<float> scores(size_t kind) const {
    const Instances found = people();
    std::vector<float> scores;
    for (size_t i = 0; i < found.size(); ++i) {
      if (found.keypoints_of(i)[kind].present()) scores.push_back(found.keypoints_of(i)[kind].score);
    }
    return scores;
  }

  int height;
  int width;
  NpyTensor cmap;
  NpyTensor paf;
  TrtPoseOptions options;
};

TEST(TrtPose, FindsEveryoneInACrowd) {
  for (const int count : {0, 1, 5, 10, 20}) {
    const TrtPoseScene scene = paint_trt_pose_crowd(count, 1);
    const Instances people = decode_alone(scene.cmap.view(), scene.paf.view());
    ASSERT_EQ(people.size(), static_cast<size_t>(count));
    for (const Instances::Header& header : people.headers) {
      // In two rows of ten neighbours' arms overlap.
      EXPECT_GE(header.raw_score, count < 20 ? 18.0F : 16.0F);
      EXPECT_GT(header.score, 0.4F);
      EXPECT_EQ(header.track_id, -1);
    }
  }
}

TEST(TrtPose, PlacesKeypointsBetweenCells) {
  TrtPoseScenePainter painter(56, 56, 3);
  const auto points = painter.add_person(27.3F, 3.1F, 50.0F);
  const TrtPoseScene scene = painter.take();
  for (const int stride : {1, 4, 8}) {
    TrtPoseOptions options;
    options.stride = stride;
    const Instances people = decode_alone(scene.cmap.view(), scene.paf.view(), options);
    ASSERT_EQ(people.size(), 1U);
    ASSERT_EQ(people.keypoint_count, 18);
    for (size_t kind = 0; kind < points.size(); ++kind) {
      EXPECT_NEAR(people.keypoints_of(0)[kind].x, static_cast<float>(stride) * points[kind].x, 0.1 * stride);
      EXPECT_NEAR(people.keypoints_of(0)[kind].y, static_cast<float>(stride) * points[kind].y, 0.1 * stride);
    }
  }
}

TEST(TrtPose, MirrorsTheMapAtItsBorder) {
  TwoKinds maps(8, 8);
  maps.heat(0, 0, 7) = 0.8F;
  maps.heat(0, 1, 7) = 0.4F;
  maps.heat(0, 0, 6) = 0.4F;
  maps.heat(1, 1, 4) = 0.8F;
  maps.heat(1, 0, 4) = 0.2F;
  maps.heat(1, 2, 4) = 0.4F;
  const Instances people = maps.people();
  ASSERT_EQ(people.size(), 2U);
  // In the corner all that lies inside lies outside too; one cell from the border row 1 does, and row 0 not.
  EXPECT_FLOAT_EQ(people.keypoints_of(0)[0].x, 7.5F);
  EXPECT_FLOAT_EQ(people.keypoints_of(0)[0].y, 0.5F);
  EXPECT_FLOAT_EQ(people.keypoints_of(1)[1].x, 4.5F);
  EXPECT_FLOAT_EQ(people.keypoints_of(1)[1].y, (0.8F * -1 + 0.2F * 0 + 0.8F * 1 + 0.4F * 2) / 2.2F + 0.5F);
}

TEST(TrtPose, DecodesASingleCell) {
  TwoKinds maps(1, 1);
  EXPECT_EQ(maps.people().size(), 0U);
  maps.heat(0, 0, 0) = 0.3F;
  maps.heat(1, 0, 0) = 0.5F;
  maps.field_x(0, 0) = 1.0F;
  // Two keypoints in one place have no direction that a field could agree with.
  const Instances people = maps.people();
  ASSERT_EQ(people.size(), 2U);
  EXPECT_FLOAT_EQ(people.keypoints_of(0)[0].x, 0.5F);
  EXPECT_FLOAT_EQ(people.keypoints_of(1)[1].y, 0.5F);
  EXPECT_FALSE(people.keypoints_of(0)[1].present());
}

TEST(TrtPose, EveryCellOfAPlateauIsAPeak) {
  TwoKinds maps(9, 9);
  maps.heat(0, 4, 3) = 0.5F;
  maps.heat(0, 4, 4) = 0.5F;
  maps.heat(0, 3, 5) = 0.5F;
  EXPECT_EQ(maps.people().size(), 3U);
  maps.heat(0, 2, 3) = 0.6F;
  EXPECT_THAT(maps.scores(0), ElementsAre(0.6F));
  // Beyond the window of the greater one.
  maps.options.window = 3;
  EXPECT_THAT(maps.scores(0), ElementsAre(0.6F, 0.5F, 0.5F, 0.5F));
}

TEST(TrtPose, APeakReachesTheThreshold) {
  TwoKinds maps(9, 9);
  maps.heat(0, 4, 4) = 0.1F;
  EXPECT_EQ(maps.people().size(), 1U);
  maps.heat(0, 4, 4) = std::nextafter(0.1F, 0.0F);
  EXPECT_EQ(maps.people().size(), 0U);
}

TEST(TrtPose, ALinkExceedsItsThreshold) {
  TwoKinds maps(1, 8);
  maps.heat(0, 0, 0) = 0.5F;
  maps.heat(1, 0, 7) = 0.5F;
  for (int column = 0; column < 8; ++column) maps.field_x(0, column) = 0.25F;
  maps.options.link_threshold = 0.249F;
  ASSERT_EQ(maps.people().size(), 1U);
  EXPECT_EQ(maps.people().headers[0].raw_score, 2.0F);
  maps.options.link_threshold = 0.25F;
  EXPECT_EQ(maps.people().size(), 2U);
  // The mean of all samples counts, and those against the direction take away.
  maps.options.link_threshold = 0.1F;
  maps.field_x(0, 0) = -0.7F;
  EXPECT_EQ(maps.people().size(), 1U);
  maps.field_x(0, 0) = -0.9F;
  EXPECT_EQ(maps.people().size(), 2U);
}

TEST(TrtPose, TheBestSumOfLinksWins) {
  // From column 0 both others can be reached, from column 6 only column 12: the pair with the best score
  // (0 to 12) would leave one alone.
  TwoKinds maps(13, 13);
  maps.heat(0, 0, 0) = 0.5F;
  maps.heat(0, 6, 0) = 0.6F;
  maps.heat(1, 0, 12) = 0.7F;
  maps.heat(1, 6, 12) = 0.8F;
  for (int column = 0; column < 13; ++column) maps.field_x(0, column) = 0.9F;
  for (int row = 1; row <= 6; ++row) maps.field_x(row, 2 * row) = 0.85F;
  for (int row = 1; row <= 6; ++row) maps.field_x(row, 12 - 2 * row) = 0.85F;
  maps.field_x(6, 12) = 0.0F;
  const Instances people = maps.people();
  ASSERT_EQ(people.size(), 2U);
  EXPECT_EQ(people.keypoints_of(0)[1].score, 0.8F);
  EXPECT_EQ(people.keypoints_of(1)[1].score, 0.7F);
}

TEST(TrtPose, CapsPeaksByScoreAndKeepsTheirOrder) {
  TwoKinds maps(3, 40);
  for (int i = 0; i < 10; ++i) maps.heat(0, 1, 4 * i) = 0.2F + 0.05F * static_cast<float>(i * 7 % 10);
  EXPECT_EQ(maps.people().size(), 10U);
  maps.options.max_peaks = 4;
  std::vector<float> kept;
  for (int i = 0; i < 10; ++i) {
    if (i * 7 % 10 >= 6) kept.push_back(0.2F + 0.05F * static_cast<float>(i * 7 % 10));
  }
  EXPECT_EQ(maps.scores(0), kept);
}

TEST(TrtPose, CapsPeopleByTheirKeypoints) {
  TwoKinds maps(9, 20);
  maps.heat(0, 0, 0) = 0.9F;
  maps.heat(0, 4, 4) = 0.3F;
  maps.heat(1, 4, 12) = 0.3F;
  maps.heat(0, 8, 8) = 0.8F;
  for (int column = 0; column < 20; ++column) maps.field_x(4, column) = 1.0F;
  EXPECT_THAT(maps.scores(0), ElementsAre(0.9F, 0.3F, 0.8F));
  maps.options.max_people = 2;
  EXPECT_THAT(maps.scores(0), ElementsAre(0.9F, 0.3F));
  maps.options.max_people = 1;
  EXPECT_THAT(maps.scores(0), ElementsAre(0.3F));
}

TEST(TrtPose, EmptyMapsHoldNobody) {
  for (const float value : {0.0F, 0.0999F, -1.0F, kNaN, -std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::infinity()}) {
    const NpyTensor cmap{std::vector<float>(18 * 56 * 56, value), {1, 18, 56, 56}};
    const NpyTensor paf{std::vector<float>(42 * 56 * 56, 1.0F), {1, 42, 56, 56}};
    EXPECT_EQ(decode_alone(cmap.view(), paf.view()).size(), 0U) << value;
  }
}

/** What a call refuses; "" if it does not. */
template <class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(TrtPose, RefusesOtherShapes) {
  const Shape cmap{1, 18, 56, 40};
  const Shape paf{1, 42, 56, 40};
  EXPECT_EQ(check_trt_pose_shapes(cmap, paf, {}), 18);
  EXPECT_EQ(check_trt_pose_shapes({1, 64, 1, 1024}, {1, 42, 1, 1024}, {}), 64);
  for (const Shape& wrong : std::vector<Shape>{{},
                                               {18, 56, 40},
                                               {1, 17, 56, 40},
                                               {1, 65, 56, 40},
                                               {2, 18, 56, 40},
                                               {1, 18, 0, 40},
                                               {1, 18, 56, 0},
                                               {1, 18, -1, 40},
                                               {1, 18, 56, 1025},
                                               {1, 18, int64_t{1} << 40, int64_t{1} << 40},
                                               {1, 18, 56, 40, 1}}) {
    EXPECT_THAT(refusal([&] { check_trt_pose_shapes(wrong, paf, {}); }),
                HasSubstr("trt_pose decoder: cmap: expected [1, K, H, W], K 18..64, H and W 1..1024, found " +
                          wrong.to_string()));
  }
  for (const Shape& wrong : std::vector<Shape>{{}, {1, 42, 56, 41}, {1, 42, 40, 56}, {1, 40, 56, 40}}) {
    EXPECT_THAT(refusal([&] { check_trt_pose_shapes(cmap, wrong, {}); }),
                HasSubstr("paf: expected [1, 42, 56, 40], found " + wrong.to_string()));
  }
  TrtPoseOptions options;
  options.links = {{0, 1, 0, 1}, {2, 3, 1, 20}};
  EXPECT_THAT(refusal([&] { check_trt_pose_shapes(cmap, {1, 4, 56, 40}, options); }), HasSubstr("K 21..64"));
  EXPECT_EQ(check_trt_pose_shapes({1, 21, 56, 40}, {1, 4, 56, 40}, options), 21);
}

TEST(TrtPose, RefusesMissingData) {
  const TrtPoseScene scene = paint_trt_pose_crowd(1, 1);
  const TensorView none_of_cmap{nullptr, scene.cmap.shape};
  const TensorView none_of_paf{nullptr, scene.paf.shape};
  EXPECT_THAT(refusal([&] { decode_alone(none_of_cmap, scene.paf.view()); }),
              HasSubstr("cmap: expected data"));
  EXPECT_THAT(refusal([&] { decode_alone(scene.cmap.view(), none_of_paf); }),
              HasSubstr("paf: expected data"));
}

TEST(TrtPose, RefusesOptionsOutOfRange) {
  const TrtPoseScene scene = paint_trt_pose_crowd(1, 1);
  const auto refused = [&](const std::string& name, auto member, auto values) {
    for (const auto value : values) {
      TrtPoseOptions options;
      options.*member = value;
      const std::string words = refusal([&] { decode_alone(scene.cmap.view(), scene.paf.view(), options); });
      EXPECT_THAT(words, HasSubstr("trt_pose decoder: " + name + ": expected")) << value;
      EXPECT_THAT(words, HasSubstr("found " + std::to_string(value)));
    }
  };
  refused("peak_threshold", &TrtPoseOptions::peak_threshold, std::vector<float>{0.0F, -0.1F, 1.5F, kNaN});
  refused("link_threshold", &TrtPoseOptions::link_threshold, std::vector<float>{-0.1F, 1.5F, kNaN});
  refused("window", &TrtPoseOptions::window, std::vector<int>{-5, 0, 1, 4, 17});
  refused("stride", &TrtPoseOptions::stride, std::vector<int>{-1, 0});
  refused("max_peaks", &TrtPoseOptions::max_peaks, std::vector<int>{-1, 0, 257});
  refused("max_people", &TrtPoseOptions::max_people, std::vector<int>{-1, 0, 257});
}

TEST(TrtPose, RefusesLinksOutOfRange) {
  const Shape cmap{1, 18, 8, 8};
  const Shape paf{1, 4, 8, 8};
  const std::vector<std::pair<TrtPoseLink, std::string>> wrong = {
      {{-1, 1, 0, 1}, "links[1].paf_y: expected 0..3, found -1"},
      {{0, 4, 0, 1}, "links[1].paf_x: expected 0..3, found 4"},
      {{0, 1, -1, 1}, "links[1].from: expected 0..63, found -1"},
      {{0, 1, 0, 64}, "links[1].to: expected 0..63, found 64"},
      {{3, 3, 0, 1}, "links[1].paf_x: expected another channel than paf_y, found 3"},
      {{0, 1, 5, 5}, "links[1].to: expected another keypoint than from, found 5"},
  };
  for (const auto& [link, words] : wrong) {
    TrtPoseOptions options;
    options.links = {{0, 1, 0, 1}, link};
    EXPECT_THAT(refusal([&] { check_trt_pose_shapes(cmap, paf, options); }), HasSubstr(words));
  }
}

TEST(TrtPose, OneArenaServesEverySize) {
  TrtPoseArena arena;
  for (const auto& [height, width] : std::vector<std::pair<int, int>>{{56, 56}, {9, 70}, {40, 9}, {1, 1}}) {
    for (const int max_peaks : {100, 3, 256}) {
      TrtPoseScenePainter painter(height, width, 77);
      painter.add_noise(0.4F);
      const TrtPoseScene scene = painter.take();
      TrtPoseOptions options;
      options.max_peaks = max_peaks;
      Instances reused;
      decode_trt_pose(scene.cmap.view(), scene.paf.view(), options, arena, reused);
      expect_same(reused, decode_alone(scene.cmap.view(), scene.paf.view(), options));
    }
    TwoKinds other(height, width);
    other.heat(1, 0, 0) = 0.7F;
    Instances reused;
    decode_trt_pose(other.cmap.view(), other.paf.view(), other.options, arena, reused);
    expect_same(reused, other.people());
    EXPECT_EQ(reused.size(), 1U);
  }
}

}  // namespace
}  // namespace pose::test
