#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "associative_embedding_comparison.h"

namespace pose::test {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/** What a refusal says, or "" where there is none. */
std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

std::string shape_refusal(const Shape& heatmaps, const Shape& tags, const Shape& nms_heatmaps = {}) {
  return refusal([&] { check_associative_embedding_shapes(heatmaps, tags, nms_heatmaps); });
}

TEST(AssociativeEmbeddingRefusal, TellsKeypointsOfShapesThatFit) {
  const Shape coco{1, 17, 144, 160};
  EXPECT_EQ(check_associative_embedding_shapes(coco, coco, {}), 17);
  EXPECT_EQ(check_associative_embedding_shapes(coco, coco, coco), 17);
  EXPECT_EQ(check_associative_embedding_shapes(coco, {1, 17, 144, 160, 1}, coco), 17);
  EXPECT_EQ(check_associative_embedding_shapes({1, 1, 1, 1}, {1, 1, 1, 1}, {}), 1);
  const Shape largest{1, 256, 1024, 1024};
  EXPECT_EQ(check_associative_embedding_shapes(largest, largest, largest), 256);
}

TEST(AssociativeEmbeddingRefusal, RefusesOtherShapes) {
  for (const Shape& shape : std::vector<Shape>{{},
                                               {17, 144, 144},
                                               {2, 17, 144, 144},
                                               {1, 0, 144, 144},
                                               {1, 257, 144, 144},
                                               {1, 17, 0, 144},
                                               {1, 17, 144, 0},
                                               {1, 17, 1025, 144},
                                               {1, 17, 144, 1025},
                                               {1, 17, -1, 144},
                                               {1, 17, 144, 144, 1}}) {
    EXPECT_THAT(shape_refusal(shape, shape),
                ::testing::HasSubstr("heatmaps: expected [1, K, H, W], K 1..256, H and W 1..1024, found " +
                                     shape.to_string()));
  }
  const Shape shape{1, 17, 144, 144};
  EXPECT_THAT(shape_refusal(shape, {1, 17, 144, 145}),
              ::testing::HasSubstr(
                  "tags: expected [1, 17, 144, 144] or [1, 17, 144, 144, 1], found [1, 17, 144, 145]"));
  EXPECT_NE(shape_refusal(shape, {1, 17, 144, 144, 2}), "");
  EXPECT_NE(shape_refusal(shape, {}), "");
  EXPECT_THAT(shape_refusal(shape, shape, {1, 16, 144, 144}),
              ::testing::HasSubstr("nms_heatmaps: expected [1, 17, 144, 144], found [1, 16, 144, 144]"));
}

TEST(AssociativeEmbeddingRefusal, RefusesMissingData) {
  const Shape shape{1, 17, 8, 8};
  const std::vector<float> zeros(17 * 8 * 8);
  const TensorView map{zeros.data(), shape};
  EXPECT_EQ(refusal([&] { decode(map, map, map); }), "");
  EXPECT_THAT(refusal([&] {
                decode({nullptr, shape}, map, {});
              }),
              ::testing::HasSubstr("heatmaps: expected data"));
  EXPECT_THAT(refusal([&] {
                decode(map, {nullptr, shape}, {});
              }),
              ::testing::HasSubstr("tags: expected data"));
  EXPECT_EQ(refusal([&] { decode(map, map, {}); }), "");
}

TEST(AssociativeEmbeddingRefusal, SuppressedMapsWithoutAShapeAreNotThere) {
  const std::vector<float> maps(17 * 9, 0.5F);
  const Shape shape{1, 17, 3, 3};
  const float scalar = 0.5F;  // read as a whole map it would be far too short
  AssociativeEmbeddingArena arena;
  Instances people;
  Instances expected;
  const TensorView view{maps.data(), shape};
  decode_associative_embedding(view, view, {&scalar, {}}, {}, arena, people);
  decode_associative_embedding(view, view, {}, {}, arena, expected);
  EXPECT_EQ(people.size(), expected.size());
}

TEST(AssociativeEmbeddingRefusal, RefusesOptionsOutOfRange) {
  const std::vector<float> zeros(17 * 8 * 8);
  const TensorView map{zeros.data(), {1, 17, 8, 8}};
  const auto refused = [&](const std::function<void(AssociativeEmbeddingOptions&)>& change) {
    AssociativeEmbeddingOptions options;
    change(options);
    return refusal([&] { decode(map, map, {}, options); });
  };
  using Options = AssociativeEmbeddingOptions;
  for (const float value : {0.0F, -0.1F, 1.5F, kNaN, kInfinity}) {
    EXPECT_THAT(refused([&](Options& options) { options.peak_threshold = value; }),
                ::testing::HasSubstr("peak_threshold: expected above 0 and at most 1, found "));
  }
  for (const float value : {0.0F, -1.0F, kNaN, kInfinity}) {
    EXPECT_THAT(refused([&](Options& options) { options.tag_threshold = value; }),
                ::testing::HasSubstr("tag_threshold: expected above 0"));
  }
  for (const float value : {-0.1F, 1.1F, kNaN}) {
    EXPECT_THAT(refused([&](Options& options) { options.score_threshold = value; }),
                ::testing::HasSubstr("score_threshold: expected 0 to 1"));
  }
  for (const float value : {kInfinity, -kInfinity, kNaN}) {
    EXPECT_THAT(refused([&](Options& options) { options.delta = value; }), ::testing::HasSubstr("delta: "));
  }
  for (const int value : {0, -2}) {
    EXPECT_THAT(refused([&](Options& options) { options.stride = value; }),
                ::testing::HasSubstr("stride: expected at least 1, found " + std::to_string(value)));
  }
  for (const int value : {0, 65, -1}) {
    EXPECT_THAT(refused([&](Options& options) { options.max_people = value; }),
                ::testing::HasSubstr("max_people: expected 1..64, found " + std::to_string(value)));
  }
  EXPECT_EQ(refused([](Options& options) {
              options.peak_threshold = 1.0F;
              options.score_threshold = 1.0F;
              options.max_people = 64;
              options.stride = 1;
            }),
            "");
}

}  // namespace
}  // namespace pose::test
