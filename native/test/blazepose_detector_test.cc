#include "pose/blazepose_detector.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include "allocation_counter.h"
#include "blazepose_golden.h"

namespace pose {
namespace {

using nlohmann::json;

constexpr size_t kValues = 12;
/** First anchor of each grid, in the order of the outputs. */
constexpr size_t kGrid14 = 28 * 28 * 2;
constexpr size_t kGrid7 = kGrid14 + 14 * 14 * 2;

/** Outputs in which nobody is found, to be filled in. */
struct Outputs {
  Outputs() : boxes(kBlazePoseAnchors * kValues, 0.0F), scores(kBlazePoseAnchors, -50.0F) {}
  void put(size_t anchor, float score_logit, std::initializer_list<float> values) {
    scores[anchor] = score_logit;
    std::copy(values.begin(), values.end(), boxes.begin() + static_cast<ptrdiff_t>(anchor * kValues));
  }
  std::vector<BlazePoseDetection> decode(const Roi& letterbox,
                                         const BlazePoseDetectorOptions& options = {}) const {
    std::vector<BlazePoseDetection> detections;
    BlazePoseDetectorArena arena;
    decode_blazepose_detections(boxes_view(), scores_view(), letterbox, options, arena, detections);
    return detections;
  }
  TensorView boxes_view() const { return {boxes.data(), {1, 2254, 12}}; }
  TensorView scores_view() const { return {scores.data(), {1, 2254, 1}}; }
  std::vector<float> boxes;
  std::vector<float> scores;
};

float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }

const Roi kSquare224 = letterbox_roi(224, 224);

TEST(BlazePoseAnchors, AreThreeGridsOfCellCentres) {
  const auto& anchors = blazepose_anchors();
  EXPECT_FLOAT_EQ(anchors[0].x_net, 0.5F / 28);
  EXPECT_FLOAT_EQ(anchors[1].x_net, 0.5F / 28);
  EXPECT_FLOAT_EQ(anchors[2].x_net, 1.5F / 28);
  EXPECT_FLOAT_EQ(anchors[2].y_net, 0.5F / 28);
  EXPECT_FLOAT_EQ(anchors[56].x_net, 0.5F / 28);
  EXPECT_FLOAT_EQ(anchors[56].y_net, 1.5F / 28);
  EXPECT_FLOAT_EQ(anchors[kGrid14 - 1].x_net, 27.5F / 28);
  EXPECT_FLOAT_EQ(anchors[kGrid14 - 1].y_net, 27.5F / 28);
  EXPECT_FLOAT_EQ(anchors[kGrid14].x_net, 0.5F / 14);
  EXPECT_FLOAT_EQ(anchors[kGrid7].x_net, 0.5F / 7);
  EXPECT_FLOAT_EQ(anchors[kGrid7 + 5].x_net, 0.5F / 7);
  EXPECT_FLOAT_EQ(anchors[kGrid7 + 6].x_net, 1.5F / 7);
  EXPECT_FLOAT_EQ(anchors[kBlazePoseAnchors - 1].x_net, 6.5F / 7);
  EXPECT_FLOAT_EQ(anchors[kBlazePoseAnchors - 1].y_net, 6.5F / 7);
}

TEST(BlazePoseDetector, DecodesABoxAndItsPoints) {
  Outputs outputs;
  // Anchor 2 is at (1.5, 0.5) / 28, which is (12, 4) of 224.
  outputs.put(2, 1.0F, {8, 16, 40, 20, 1, 2, 3, 4, 5, 6, 7, 8});
  const auto found = outputs.decode(kSquare224);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FLOAT_EQ(found[0].score, sigmoid(1.0F));
  EXPECT_NEAR(found[0].x_min, 12 + 8 - 20, 1e-4F);
  EXPECT_NEAR(found[0].x_max, 12 + 8 + 20, 1e-4F);
  EXPECT_NEAR(found[0].y_min, 4 + 16 - 10, 1e-4F);
  EXPECT_NEAR(found[0].y_max, 4 + 16 + 10, 1e-4F);
  for (size_t i = 0; i < kBlazePoseAlignmentPoints; ++i) {
    EXPECT_NEAR(found[0].points[i].x_img, 12 + 1 + 2 * static_cast<float>(i), 1e-4F);
    EXPECT_NEAR(found[0].points[i].y_img, 4 + 2 + 2 * static_cast<float>(i), 1e-4F);
  }
}

TEST(BlazePoseDetector, RemovesTheLetterbox) {
  Outputs outputs;
  outputs.put(kBlazePoseAnchors / 2, 2.0F, {0, 0, 20, 20, 0, 0, 0, 0, 0, 0, 0, 0});
  const BlazePoseAnchor anchor = blazepose_anchors()[kBlazePoseAnchors / 2];
  const auto found = outputs.decode(letterbox_roi(768, 432));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NEAR(found[0].points[0].x_img, anchor.x_net * 768.0F, 1e-3F);
  EXPECT_NEAR(found[0].points[0].y_img, anchor.y_net * 768.0F - 168.0F, 1e-3F);
  EXPECT_NEAR(found[0].x_max - found[0].x_min, 20.0F / 224.0F * 768.0F, 1e-3F);
}

TEST(BlazePoseDetector, TakesScoresOfTheThresholdAndAbove) {
  Outputs outputs;
  outputs.put(0, 0.0F, {0, 0, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0});
  outputs.put(100, -0.01F, {0, 0, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0});
  const auto found = outputs.decode(kSquare224);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FLOAT_EQ(found[0].score, 0.5F);
}

TEST(BlazePoseDetector, MergesOverlappingBoxesWeightedByScore) {
  Outputs outputs;
  // Two boxes at one anchor's centre, 10 px apart: 30 of 50 columns shared.
  outputs.put(kGrid7, 2.0F, {0, 0, 40, 40, 0, 0, 0, -40, 0, 0, 0, 0});
  outputs.put(kGrid7 + 1, 1.0F, {10, 0, 40, 40, 10, 0, 10, -50, 0, 0, 0, 0});
  // A third one that overlaps the first by less than 0.3.
  outputs.put(kGrid7 + 2, 0.5F, {25, 0, 40, 40, 25, 0, 25, -40, 0, 0, 0, 0});
  const auto found = outputs.decode(kSquare224);
  ASSERT_EQ(found.size(), 2U);
  const float a = sigmoid(2.0F);
  const float b = sigmoid(1.0F);
  const float centre = 16.0F;  // of the anchor, px
  EXPECT_FLOAT_EQ(found[0].score, a);
  EXPECT_NEAR(found[0].points[0].x_img, centre + 10 * b / (a + b), 1e-3F);
  EXPECT_NEAR(found[0].points[1].y_img, centre + (-40 * a - 50 * b) / (a + b), 1e-3F);
  EXPECT_NEAR(found[0].x_min, centre - 20 + 10 * b / (a + b), 1e-3F);
  EXPECT_FLOAT_EQ(found[1].score, sigmoid(0.5F));
  EXPECT_NEAR(found[1].points[0].x_img, centre + 25, 1e-3F);
}

TEST(BlazePoseDetector, GivesTheBestFirstAndNoMoreThanAsked) {
  Outputs outputs;
  for (size_t i = 0; i < 10; ++i) {
    outputs.put(i * 200, 1.0F + 0.1F * static_cast<float>(i), {0, 0, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0});
  }
  BlazePoseDetectorOptions options;
  options.max_detections = 3;
  const auto found = outputs.decode(kSquare224, options);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_FLOAT_EQ(found[0].score, sigmoid(1.9F));
  EXPECT_FLOAT_EQ(found[2].score, sigmoid(1.7F));
}

TEST(BlazePoseDetector, DropsWhatIsNoBox) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  Outputs outputs;
  outputs.put(0, 3.0F, {nan, 0, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0});
  outputs.put(100, 3.0F, {0, 0, 4, 4, 0, 0, 0, 0, 0, 0, 0, infinity});
  outputs.put(200, 3.0F, {0, 0, -4, 4, 0, 0, 0, 0, 0, 0, 0, 0});
  outputs.put(300, nan, {0, 0, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0});
  outputs.put(400, 3.0F, {0, 0, 3e38F, 4, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_TRUE(outputs.decode(kSquare224).empty());
  outputs.put(500, infinity, {0, 0, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0});
  const auto found = outputs.decode(kSquare224);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FLOAT_EQ(found[0].score, 1.0F);
}

TEST(BlazePoseDetector, KeepsBoxesWithoutExtentApart) {
  Outputs outputs;
  outputs.put(0, 3.0F, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  outputs.put(1, 2.0F, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const auto found = outputs.decode(kSquare224);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_FALSE(std::isnan(found[0].x_min));
}

TEST(BlazePoseDetector, RefusesOtherShapes) {
  Outputs outputs;
  std::vector<BlazePoseDetection> detections;
  BlazePoseDetectorArena arena;
  const TensorView wrong{outputs.boxes.data(), {1, 2254, 11}};
  EXPECT_THROW(decode_blazepose_detections(wrong, outputs.scores_view(), kSquare224, {}, arena, detections),
               std::invalid_argument);
  EXPECT_THROW(decode_blazepose_detections(outputs.boxes_view(), outputs.boxes_view(), kSquare224, {}, arena,
                                           detections),
               std::invalid_argument);
}

TEST(BlazePoseDetector, AllocatesNothingOnceWarm) {
  Outputs outputs;
  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(-60.0F, 60.0F);
  for (float& value : outputs.boxes) value = uniform(random);
  for (float& score : outputs.scores) score = 1.0F;
  std::vector<BlazePoseDetection> detections;
  detections.reserve(BlazePoseDetectorOptions().max_detections);
  BlazePoseDetectorArena arena;
  blazepose_anchors();
  const int64_t before = test::allocations();
  decode_blazepose_detections(outputs.boxes_view(), outputs.scores_view(), kSquare224, {}, arena, detections);
  EXPECT_EQ(test::allocations(), before);
  EXPECT_FALSE(detections.empty());
}

TEST(BlazePoseDetector, GoldenSquaresOfTheDetections) {
  POSE_REQUIRE_SHARED_DATA();
  int compared = 0;
  const auto compare = [&compared](const json& result, float width, float height) {
    if (result.at("detection").is_null()) return;
    BlazePoseDetection detection;
    for (size_t i = 0; i < kBlazePoseAlignmentPoints; ++i) {
      const json& point = result.at("detection").at("keypoints").at(i);
      detection.points[i] = {point.at(0).get<float>() * width, point.at(1).get<float>() * height};
    }
    test::expect_roi(roi_from_detection(detection), result.at("roi_from_detection"), width, height);
    ++compared;
  };
  for (const std::string& name : test::blazepose_pictures()) {
    SCOPED_TRACE(name);
    const json picture = test::blazepose_picture(name);
    for (const char* complexity : {"0", "1", "2"}) {
      compare(picture.at("complexity").at(complexity), picture.at("width").get<float>(),
              picture.at("height").get<float>());
    }
  }
  for (const json& frame : test::blazepose_clip(false)) {
    SCOPED_TRACE(frame.at("frame").get<int>());
    compare(frame, frame.at("width").get<float>(), frame.at("height").get<float>());
  }
  EXPECT_GE(compared, 40);
}

}  // namespace
}  // namespace pose
