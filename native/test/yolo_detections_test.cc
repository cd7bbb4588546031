#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "allocation_counter.h"
#include "pose/detections.h"

namespace pose {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/** One output in any of the layouts. */
struct Output {
  explicit Output(const Shape& shape, int net_size = 640)
      : shape(shape),
        layout(yolo_layout(shape, net_size, net_size)),
        letterbox(make_letterbox(net_size, net_size, net_size, net_size, ResizeRule::stretch)),
        values(static_cast<size_t>(shape.elements()), 0.0F) {}

  float& value(int candidate, int index) {
    const size_t at = layout.values_first
                          ? static_cast<size_t>(index) * static_cast<size_t>(layout.candidates) +
                                static_cast<size_t>(candidate)
                          : static_cast<size_t>(candidate) * static_cast<size_t>(layout.values) +
                                static_cast<size_t>(index);
    return values[at];
  }
  void put(int candidate, std::initializer_list<float> all) {
    int index = 0;
    for (const float one : all) value(candidate, index++) = one;
  }
  std::vector<Detection> decode(const DetectionOptions& options = {}) const {
    DetectionArena arena;
    std::vector<Detection> found;
    decode_yolo_detections({values.data(), shape}, layout, letterbox, options, arena, found);
    return found;
  }

  Shape shape;
  YoloLayout layout;
  Letterbox letterbox;
  std::vector<float> values;
};

/** As its documentation says it, one candidate after the other. */
std::vector<Detection> naive_decode(Output& output, const DetectionOptions& options) {
  std::vector<Detection> candidates;
  const YoloLayout& layout = output.layout;
  for (int i = 0; i < layout.candidates; ++i) {
    int best = 0;
    for (int c = 1; c < layout.classes(); ++c) {
      if (output.value(i, layout.first_class() + c) > output.value(i, layout.first_class() + best)) best = c;
    }
    float score = output.value(i, layout.first_class() + options.label);
    if (layout.objectness) score *= output.value(i, 4);
    if (best != options.label || score < options.score_threshold) continue;
    const float x = output.value(i, 0);
    const float y = output.value(i, 1);
    const float w = output.value(i, 2);
    const float h = output.value(i, 3);
    const Detection candidate{score, x - w / 2, y - h / 2, x + w / 2, y + h / 2};
    const auto place =
        std::upper_bound(candidates.begin(), candidates.end(), candidate,
                         [](const Detection& a, const Detection& b) { return a.score > b.score; });
    candidates.insert(place, candidate);
  }
  std::vector<Detection> kept;
  for (const Detection& candidate : candidates) {
    const bool repeated = std::any_of(kept.begin(), kept.end(), [&](const Detection& better) {
      return overlap(better, candidate) > options.iou_threshold;
    });
    if (!repeated && kept.size() < options.max_detections) kept.push_back(candidate);
  }
  for (Detection& box : kept) {
    const auto limit = [&](float v) {
      return std::clamp(v, 0.0F, static_cast<float>(output.letterbox.net_width));
    };
    box = {box.score, limit(box.x_min), limit(box.y_min), limit(box.x_max), limit(box.y_max)};
  }
  return kept;
}

TEST(YoloLayout, IsToldByTheShape) {
  const auto expect = [](const Shape& shape, int net, bool values_first, bool objectness, int classes) {
    const YoloLayout layout = yolo_layout(shape, net, net);
    EXPECT_EQ(layout.values_first, values_first) << shape.to_string();
    EXPECT_EQ(layout.objectness, objectness) << shape.to_string();
    EXPECT_EQ(layout.classes(), classes) << shape.to_string();
    EXPECT_EQ(layout.candidates, std::max(shape[1], shape[2])) << shape.to_string();
  };
  expect({1, 84, 8400}, 640, true, false, 80);   // YOLOv8
  expect({1, 5, 8400}, 640, true, false, 1);     // of one class
  expect({1, 85, 1234}, 640, true, false, 81);   // values first never have objectness
  expect({1, 8400, 84}, 640, false, false, 80);  // YOLOv8, transposed
  expect({1, 8400, 5}, 640, false, false, 1);    // of one class
  expect({1, 25200, 85}, 640, false, true, 80);  // YOLOv5
  expect({1, 25200, 6}, 640, false, true, 1);    // of one class
  expect({1, 25500, 85}, 640, false, true, 80);  // YOLOv5 with the grid of 64 px
  expect({1, 8400, 85}, 640, false, true, 80);   // YOLOX
  expect({1, 3549, 85}, 416, false, true, 80);   // YOLOX tiny
  expect({1, 6300, 85}, 320, false, true, 80);   // YOLOv5
}

TEST(YoloLayout, RefusesWhatTheShapeDoesNotTell) {
  const auto refusal = [](const Shape& shape, YoloScores scores = YoloScores::by_shape) -> std::string {
    try {
      yolo_layout(shape, 640, 640, scores);
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(shape.to_string()), std::string::npos) << error.what();
      return error.what();
    }
    ADD_FAILURE() << shape.to_string();
    return "";
  };
  EXPECT_NE(refusal({1, 8400, 6}).find("640x640"), std::string::npos);  // 2 classes, or objectness and 1
  refusal({1, 300, 6});  // boxes of a network without suppression
  refusal({1, 100, 100});
  refusal({1, 4, 8400});
  refusal({2, 84, 8400});
  refusal({1, 3, 80, 80, 85});
  refusal({1, 0, 8400});
  refusal({1, -5, 8400});
  refusal({1, int64_t{1} << 33, int64_t{1} << 33});
  refusal({1, 8400, 5}, YoloScores::objectness);
  EXPECT_TRUE(yolo_layout({1, 8400, 6}, 640, 640, YoloScores::objectness).objectness);
  EXPECT_FALSE(yolo_layout({1, 8400, 6}, 640, 640, YoloScores::classes).objectness);
}

TEST(YoloDetections, AreCentreAndSizeInInputPixels) {
  for (const Shape& shape : {Shape{1, 84, 8400}, Shape{1, 8400, 84}, Shape{1, 25200, 85}}) {
    Output output(shape);
    output.letterbox = make_letterbox(1280, 720, 640, 640, ResizeRule::letterbox_centre);
    const int last = output.layout.candidates - 1;
    output.put(last, {320, 320, 100, 50});
    if (output.layout.objectness) output.value(last, 4) = 0.8F;
    output.value(last, output.layout.first_class()) = 0.75F;
    const auto found = output.decode();
    ASSERT_EQ(found.size(), 1U) << shape.to_string();
    EXPECT_FLOAT_EQ(found[0].score, output.layout.objectness ? 0.6F : 0.75F);
    EXPECT_NEAR(found[0].x_min, 540, 1e-3F);
    EXPECT_NEAR(found[0].x_max, 740, 1e-3F);
    EXPECT_NEAR(found[0].y_min, 310, 1e-3F);  // 140 px of bar above
    EXPECT_NEAR(found[0].y_max, 410, 1e-3F);
  }
}

TEST(YoloDetections, CountWhereTheClassIsTheBest) {
  Output output({1, 6, 8400});
  output.put(0, {100, 100, 50, 50, 0.6F, 0.7F});
  output.put(1, {300, 100, 50, 50, 0.7F, 0.6F});
  output.put(2, {500, 100, 50, 50, 0.8F, 0.8F});
  const auto first = output.decode();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_FLOAT_EQ(first[0].score, 0.8F) << "of equals the first is the best";
  EXPECT_FLOAT_EQ(first[1].score, 0.7F);
  DetectionOptions second_class;
  second_class.label = 1;
  const auto second = output.decode(second_class);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_FLOAT_EQ(second[0].score, 0.7F);
  EXPECT_NEAR(second[0].x_min, 75.0F, 1e-3F);
}

TEST(YoloDetections, SuppressWhatOverlapsABetterOne) {
  Output output({1, 5, 8400});
  output.put(7, {100, 100, 40, 40, 0.8F});
  output.put(8, {110, 100, 40, 40, 0.9F});  // overlaps the first by 0.6
  output.put(9, {90, 100, 40, 40, 0.7F});   // the first by 0.6, the second by a third
  const auto found = output.decode();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_FLOAT_EQ(found[0].score, 0.9F);
  EXPECT_FLOAT_EQ(found[1].score, 0.7F) << "what is suppressed suppresses nobody";
  DetectionOptions options;
  options.iou_threshold = 1.0F;
  EXPECT_EQ(output.decode(options).size(), 3U);
  options.iou_threshold = 0.1F;
  EXPECT_EQ(output.decode(options).size(), 1U);
}

TEST(YoloDetections, EqualTheNaiveDecodeOnRandomTensors) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> uniform(0.0F, 1.0F);
  for (const Shape& shape : {Shape{1, 7, 1029}, Shape{1, 1029, 84}, Shape{1, 3087, 7}, Shape{1, 5, 1031}}) {
    for (int round = 0; round < 10; ++round) {
      Output output(shape, 224);
      for (int i = 0; i < output.layout.candidates; ++i) {
        output.put(i, {224 * uniform(random), 224 * uniform(random), 5 + 80 * uniform(random),
                       5 + 80 * uniform(random)});
        for (int index = 4; index < output.layout.values; ++index)
          output.value(i, index) = uniform(random) * 0.85F;
        if (output.layout.objectness) output.value(i, 4) = uniform(random);
      }
      DetectionOptions options;
      options.label = output.layout.classes() > 2 ? 2 : 0;
      options.score_threshold = 0.45F;
      const auto found = output.decode(options);
      const auto expected = naive_decode(output, options);
      ASSERT_EQ(found.size(), expected.size()) << shape.to_string();
      ASSERT_FALSE(found.empty()) << shape.to_string();
      for (size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].score, expected[i].score);
        EXPECT_EQ(found[i].x_min, expected[i].x_min);
        EXPECT_EQ(found[i].y_max, expected[i].y_max);
      }
    }
  }
}

TEST(YoloDetections, FindEveryPlaceOfTheList) {
  for (int count = 6; count < 60; ++count) {
    for (int place = 0; place < count; ++place) {
      Output output({1, 5, count});
      output.put(place, {100, 100, 50, 50, 0.5F});
      ASSERT_EQ(output.decode().size(), 1U) << place << " of " << count;
    }
  }
}

TEST(YoloDetections, SkipWhatIsNotFiniteOrEmpty) {
  Output output({1, 5, 8400});
  int place = 0;
  for (int column = 0; column < 5; ++column) {
    for (const float value : {kNan, kInfinity, -kInfinity}) {
      output.put(place, {100, 100, 50, 50, 0.9F});
      output.value(place++, column) = value;
    }
  }
  output.put(place++, {100, 100, 0, 50, 0.9F});
  output.put(place++, {100, 100, 50, -50, 0.9F});
  output.put(place++, {3e38F, 100, 3e38F, 50, 0.9F});
  output.put(place++, {-200, 100, 50, 50, 0.9F});
  EXPECT_TRUE(output.decode().empty());
  output.put(place++, {100, 100, 3e37F, 3e37F, 0.9F});
  const auto found = output.decode();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FLOAT_EQ(found[0].x_max, 640.0F);
}

TEST(YoloDetections, AreCappedAtTheBestCandidates) {
  Output output({1, 5, 8400});
  for (int i = 0; i < 8400; ++i)
    output.put(i, {100, 100, 50, 50, 0.5F + static_cast<float>(i % 4999) / 1e4F});
  const auto found = output.decode();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FLOAT_EQ(found[0].score, 0.5F + 4998.0F / 1e4F);
}

TEST(YoloDetections, RefuseOtherTensorsAndLabels) {
  const Output output({1, 84, 8400});
  DetectionArena arena;
  std::vector<Detection> found;
  const auto decode = [&](const TensorView& tensor, int label) {
    DetectionOptions options;
    options.label = label;
    decode_yolo_detections(tensor, output.layout, output.letterbox, options, arena, found);
  };
  EXPECT_NO_THROW(decode({output.values.data(), {1, 84, 8400}}, 79));
  EXPECT_THROW(decode({output.values.data(), {1, 8400, 84}}, 0), std::invalid_argument);
  EXPECT_THROW(decode({nullptr, {1, 84, 8400}}, 0), std::invalid_argument);
  EXPECT_THROW(decode({output.values.data(), {1, 84, 8400}}, 80), std::invalid_argument);
  EXPECT_THROW(decode({output.values.data(), {1, 84, 8400}}, -1), std::invalid_argument);
}

TEST(YoloDetections, AllocateNothingOnceWarm) {
  Output output({1, 84, 8400});
  DetectionArena arena;
  std::vector<Detection> found;
  const auto decode = [&] {
    decode_yolo_detections({output.values.data(), output.shape}, output.layout, output.letterbox, {}, arena,
                           found);
  };
  decode();
  for (int i = 0; i < 8400; ++i) {
    const auto x = static_cast<float>(i % 640);
    output.put(i, {x, x, 10, 10, 0.9F});
  }
  const int64_t before = test::allocations();
  decode();
  EXPECT_EQ(test::allocations(), before) << "however many candidates there are";
  EXPECT_EQ(found.size(), 64U);
}

}  // namespace
}  // namespace pose
