#include "pose/detections.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "allocation_counter.h"

namespace pose {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/** 544 x 320 that shows all of 1088 x 960. */
const Letterbox kStretch = make_letterbox(1088, 960, 544, 320, ResizeRule::stretch);

DetectionOptions options_for(int label) {
  DetectionOptions options;
  options.label = label;
  return options;
}

std::vector<Detection> decode_ssd(const std::vector<std::vector<float>>& rows,
                                  const DetectionOptions& options = options_for(1)) {
  std::vector<float> values;
  for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
  DetectionArena arena;
  std::vector<Detection> found;
  decode_ssd_detections({values.data(), {1, 1, static_cast<int64_t>(rows.size()), 7}}, kStretch, options,
                        arena, found);
  return found;
}

void expect_box(const Detection& found, const Detection& expected) {
  EXPECT_FLOAT_EQ(found.score, expected.score);
  EXPECT_NEAR(found.x_min, expected.x_min, 1e-3F);
  EXPECT_NEAR(found.y_min, expected.y_min, 1e-3F);
  EXPECT_NEAR(found.x_max, expected.x_max, 1e-3F);
  EXPECT_NEAR(found.y_max, expected.y_max, 1e-3F);
}

/** Message of the std::invalid_argument that `action` throws. */
template <class Action>
std::string refusal(const Action& action) {
  try {
    action();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

TEST(Overlap, IsIntersectionOverUnion) {
  EXPECT_FLOAT_EQ(overlap({1, 0, 0, 10, 10}, {1, 5, 0, 15, 10}), 50.0F / 150.0F);
  EXPECT_FLOAT_EQ(overlap({1, 0, 0, 10, 10}, {1, 0, 0, 10, 10}), 1.0F);
  EXPECT_FLOAT_EQ(overlap({1, 0, 0, 10, 10}, {1, 10, 0, 20, 10}), 0.0F);
  EXPECT_FLOAT_EQ(overlap({1, 0, 0, 3e38F, 3e38F}, {1, 0, 0, 3e38F, 3e38F}), 1.0F);
  EXPECT_FLOAT_EQ(overlap({1, 0, 0, 0, 0}, {1, 0, 0, 0, 0}), 0.0F);
}

TEST(SsdDetections, AreCornersOfTheInputInImagePixels) {
  const auto found = decode_ssd({{0, 1, 0.75F, 0.25F, 0.5F, 0.5F, 0.75F}});
  ASSERT_EQ(found.size(), 1U);
  expect_box(found[0], {0.75F, 272, 480, 544, 720});
}

TEST(SsdDetections, EndAtANegativeImageId) {
  const std::vector<float> person{0, 1, 0.9F, 0.1F, 0.1F, 0.2F, 0.2F};
  EXPECT_EQ(decode_ssd({person, {-1, 1, 0.9F, 0.5F, 0.5F, 0.6F, 0.6F}, person}).size(), 1U);
  EXPECT_EQ(decode_ssd({person, {kNan, 1, 0.9F, 0.5F, 0.5F, 0.6F, 0.6F}, person}).size(), 1U);
  EXPECT_TRUE(decode_ssd({{-1, 0, 0, 0, 0, 0, 0}}).empty());
  EXPECT_TRUE(decode_ssd({}).empty());
}

TEST(SsdDetections, TakeTheLabelAndScoresOfTheThresholdAndAbove) {
  const std::vector<std::vector<float>> rows{{0, 1, 0.5F, 0.1F, 0.1F, 0.2F, 0.2F},
                                             {0, 1, 0.49F, 0.1F, 0.1F, 0.2F, 0.2F},
                                             {0, 2, 0.9F, 0.1F, 0.1F, 0.2F, 0.2F},
                                             {0, 0, 0.8F, 0.3F, 0.1F, 0.5F, 0.2F}};
  const auto ones = decode_ssd(rows);
  ASSERT_EQ(ones.size(), 1U);
  EXPECT_FLOAT_EQ(ones[0].score, 0.5F);
  const auto zeros = decode_ssd(rows, options_for(0));
  ASSERT_EQ(zeros.size(), 1U);
  EXPECT_FLOAT_EQ(zeros[0].score, 0.8F);
}

TEST(SsdDetections, EndAtTheBordersOfTheImage) {
  const auto found = decode_ssd({{0, 1, 0.9F, -0.5F, -0.1F, 1.5F, 0.5F}, {0, 1, 0.8F, 1.1F, 0, 1.5F, 1}});
  ASSERT_EQ(found.size(), 1U) << "a box beyond the image is none";
  expect_box(found[0], {0.9F, 0, 0, 1088, 480});
}

TEST(SsdDetections, SkipWhatIsNotFiniteOrEmpty) {
  std::vector<std::vector<float>> rows;
  for (size_t column = 1; column < 7; ++column) {
    for (const float value : {kNan, kInfinity, -kInfinity}) {
      rows.push_back({0, 1, 0.9F, 0.1F, 0.1F, 0.2F, 0.2F});
      rows.back()[column] = value;
    }
  }
  rows.push_back({0, 1, 0.9F, 0.2F, 0.1F, 0.2F, 0.2F});
  rows.push_back({0, 1, 0.9F, 0.1F, 0.2F, 0.2F, 0.1F});
  EXPECT_TRUE(decode_ssd(rows).empty());
  rows.push_back({0, 1, 1.5F, 0.1F, 0.1F, 0.2F, 0.2F});
  const auto found = decode_ssd(rows);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FLOAT_EQ(found[0].score, 1.0F);
}

TEST(SsdDetections, GiveTheBestFirstAndNoMoreThanAsked) {
  std::vector<std::vector<float>> rows;
  for (int i = 0; i < 10; ++i) {
    rows.push_back({0, 1, 0.55F + 0.03F * static_cast<float>((i * 7) % 10), 0.1F, 0.1F, 0.2F, 0.2F});
  }
  DetectionOptions options = options_for(1);
  options.max_detections = 3;
  const auto found = decode_ssd(rows, options);
  ASSERT_EQ(found.size(), 3U) << "and equal boxes are not suppressed: the network's layer does that";
  EXPECT_FLOAT_EQ(found[0].score, 0.55F + 0.27F);
  EXPECT_FLOAT_EQ(found[2].score, 0.55F + 0.21F);
}

TEST(SsdDetections, RefuseOtherShapes) {
  EXPECT_EQ(check_ssd_shape({1, 1, 200, 7}), 200);
  for (const Shape& shape : {Shape{1, 200, 7}, Shape{1, 1, 200, 6}, Shape{2, 1, 200, 7}, Shape{1, 1, -1, 7},
                             Shape{1, 1, int64_t{1} << 40, 7}, Shape()}) {
    const std::string message = refusal([&shape] { check_ssd_shape(shape); });
    EXPECT_NE(message.find("[1, 1, N, 7]"), std::string::npos) << message;
    EXPECT_NE(message.find(shape.to_string()), std::string::npos) << message;
  }
  DetectionArena arena;
  std::vector<Detection> found;
  refusal([&] { decode_ssd_detections({nullptr, {1, 1, 4, 7}}, kStretch, {}, arena, found); });
}

TEST(BoxDetections, AreCornersInInputPixels) {
  const std::vector<float> boxes{10, 20, 30, 90, 0.6F, 0, 0, 5, 5, 0.9F, 100, 100, 200, 200, 0.8F};
  const std::vector<float> labels{0, 1, 0};
  const Letterbox letterbox = make_letterbox(640, 320, 320, 320, ResizeRule::letterbox_centre);
  DetectionArena arena;
  std::vector<Detection> found;
  for (const bool with_batch : {true, false}) {
    const Shape box_shape = with_batch ? Shape{1, 3, 5} : Shape{3, 5};
    const Shape label_shape = with_batch ? Shape{1, 3} : Shape{3};
    decode_box_detections({boxes.data(), box_shape}, {labels.data(), label_shape}, letterbox, {}, arena,
                          found);
    ASSERT_EQ(found.size(), 2U);
    // The image lies 80 px from the top, at half its size.
    expect_box(found[0], {0.8F, 200, 40, 400, 240});
    EXPECT_FLOAT_EQ(found[1].score, 0.6F);
    EXPECT_FLOAT_EQ(found[1].y_min, 0.0F);
  }
  decode_box_detections({boxes.data(), {3, 5}}, {}, make_letterbox(320, 320, 320, 320, ResizeRule::stretch),
                        {}, arena, found);
  EXPECT_EQ(found.size(), 3U) << "without labels all are people";
}

TEST(BoxDetections, RefuseOtherShapes) {
  EXPECT_EQ(check_box_shapes({100, 5}, {100}), 100);
  EXPECT_EQ(check_box_shapes({1, 100, 5}, {1, 100}), 100);
  EXPECT_EQ(check_box_shapes({0, 5}, Shape()), 0);
  for (const Shape& boxes : {Shape{100, 4}, Shape{2, 100, 5}, Shape{5}, Shape{1, 1, 100, 5}}) {
    const std::string message = refusal([&boxes] { check_box_shapes(boxes, {100}); });
    EXPECT_NE(message.find(boxes.to_string()), std::string::npos) << message;
  }
  const std::string message = refusal([] { check_box_shapes({100, 5}, {99}); });
  EXPECT_NE(message.find("[100] or [1, 100]"), std::string::npos) << message;
  refusal([] { check_box_shapes({100, 5}, {2, 100}); });
}

TEST(BoxDetections, AllocateNothingOnceWarm) {
  std::vector<float> boxes;
  for (int i = 0; i < 100; ++i) {
    const auto x = static_cast<float>(i);
    boxes.insert(boxes.end(), {x, x, x + 50, x + 60, 0.5F + x / 250.0F});
  }
  DetectionArena arena;
  std::vector<Detection> found;
  const auto decode = [&] {
    decode_box_detections({boxes.data(), {100, 5}}, {}, kStretch, {}, arena, found);
  };
  decode();
  const int64_t before = test::allocations();
  decode();
  EXPECT_EQ(test::allocations(), before);
  EXPECT_EQ(found.size(), 64U);
}

}  // namespace
}  // namespace pose
