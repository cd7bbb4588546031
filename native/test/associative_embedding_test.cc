#include "pose/associative_embedding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "associative_embedding_comparison.h"
#include "associative_embedding_scene.h"

namespace pose::test {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

AssociativeEmbeddingOptions plain() {
  AssociativeEmbeddingOptions options;
  options.peaks = AssociativePeaks::plain;
  return options;
}

/** Maps of one value each, with single cells set by hand. */
struct SmallMaps {
  SmallMaps(int keypoints, int map_height, int map_width, float heat, float tag)
      : height(map_height), width(map_width), shape({1, keypoints, map_height, map_width}) {
    heatmaps.assign(static_cast<size_t>(shape.elements()), heat);
    tags.assign(static_cast<size_t>(shape.elements()), tag);
  }
  void set(int keypoint, int x, int y, float heat, float tag) {
    const auto cell = static_cast<size_t>((keypoint * height + y) * width + x);
    heatmaps[cell] = heat;
    tags[cell] = tag;
  }
  Instances decode_with(const AssociativeEmbeddingOptions& options) const {
    expect_equals_twin({heatmaps.data(), shape}, {tags.data(), shape}, {}, options);
    return decode({heatmaps.data(), shape}, {tags.data(), shape}, {}, options);
  }

  int height;
  int width;
  Shape shape;
  std::vector<float> heatmaps;
  std::vector<float> tags;
};

TEST(AssociativeEmbedding, FindsEveryoneInACrowd) {
  for (const int count : {1, 5, 10, 20}) {
    const TagScene scene = paint_tagged_crowd(count, 1);
    const Instances people = decode(scene.signed_view(), scene.tags_view(), {});
    EXPECT_EQ(people.size(), static_cast<size_t>(count));
    expect_same_people(decode(scene.heatmaps_view(), scene.tags_view(), scene.nms_view()), people);
    expect_same_people(decode(scene.heatmaps_view(), scene.tags_view(), {}, plain()), people);
    expect_equals_twin(scene.signed_view(), scene.tags_view(), {}, {});
    expect_equals_twin(scene.heatmaps_view(), scene.tags_view(), scene.nms_view(), {});
    expect_equals_twin(scene.heatmaps_view(), scene.tags_view(), {}, plain());
  }
}

TEST(AssociativeEmbedding, PlacesKeypointsAtTheirPeaks) {
  TagScenePainter painter(144, 160, 3);
  const TagScenePoint top{70.0F, 12.0F};
  for (int keypoint = 0; keypoint < 17; ++keypoint) painter.add_keypoint(keypoint, top, 110, 2.0F, 0.8F);
  const TagScene scene = painter.take();
  AssociativeEmbeddingOptions options;
  options.stride = 4;
  const Instances people = decode(scene.signed_view(), scene.tags_view(), {}, options);
  options.delta = 0.5F;
  const Instances moved = decode(scene.signed_view(), scene.tags_view(), {}, options);
  ASSERT_EQ(people.size(), 1U);
  ASSERT_EQ(moved.size(), 1U);
  EXPECT_EQ(people.keypoint_count, 17);
  EXPECT_NEAR(people.headers[0].score, 0.8, 0.1);
  EXPECT_NEAR(people.headers[0].raw_score, people.headers[0].score, 1e-6);
  for (int keypoint = 0; keypoint < 17; ++keypoint) {
    const Keypoint& found = people.keypoints_of(0)[keypoint];
    ASSERT_TRUE(found.present());
    const TagScenePoint expected = painter.place_of(keypoint, top, 110);
    EXPECT_NEAR(found.x, 4 * expected.x, 4 * 0.26);
    EXPECT_NEAR(found.y, 4 * expected.y, 4 * 0.26);
    EXPECT_EQ(moved.keypoints_of(0)[keypoint].x, found.x + 2);
    EXPECT_EQ(moved.keypoints_of(0)[keypoint].y, found.y + 2);
  }
}

TEST(AssociativeEmbedding, LooksForWhatIsMissingWhereTheTagFits) {
  TagScenePainter painter(144, 144, 4);
  const TagScenePoint left{36.0F, 12.0F};
  const TagScenePoint right{108.0F, 12.0F};
  for (int keypoint = 0; keypoint < 17; ++keypoint) {
    // The left wrist of the left person is below the threshold, and far below the other's.
    const bool weak = keypoint == 9;
    painter.add_keypoint(keypoint, left, 110, 2.0F, weak ? 0.06F : 0.8F);
    painter.add_keypoint(keypoint, right, 110, -2.0F, 0.8F);
  }
  const TagScene scene = painter.take();
  AssociativeEmbeddingOptions options;
  options.delta = 0.5F;
  const Instances people = decode(scene.signed_view(), scene.tags_view(), {}, options);
  ASSERT_EQ(people.size(), 2U);
  const size_t weak_one = people.keypoints_of(0)[9].score < people.keypoints_of(1)[9].score ? 0 : 1;
  const Keypoint& wrist = people.keypoints_of(weak_one)[9];
  ASSERT_TRUE(wrist.present());
  EXPECT_NEAR(wrist.score, 0.06, 0.01);
  const TagScenePoint expected = painter.place_of(9, left, 110);
  // Not moved by delta.
  EXPECT_NEAR(wrist.x, 2 * expected.x, 2 * 0.26);
  EXPECT_NEAR(wrist.y, 2 * expected.y, 2 * 0.26);
  // What was looked for is in the mean of the keypoints, and not in the reference's score.
  EXPECT_LT(people.headers[weak_one].raw_score, people.headers[1 - weak_one].raw_score);
  float sum = 0.0F;
  for (int keypoint = 0; keypoint < 17; ++keypoint) sum += people.keypoints_of(weak_one)[keypoint].score;
  EXPECT_NEAR(people.headers[weak_one].score, sum / 17, 1e-6);
  EXPECT_NEAR(people.headers[weak_one].raw_score, (sum - wrist.score) / 17, 1e-6);
}

TEST(AssociativeEmbedding, TakesTheFirstOfEqualPlacesForAMissingKeypoint) {
  // 5 x 40 cells are more than three blocks of the search. The tag of the person is 4.
  SmallMaps maps(2, 5, 40, 0.0F, 100.0F);
  maps.set(0, 20, 2, 0.9F, 4.0F);
  for (const int x : {38, 31, 12}) maps.set(1, x, 4, 0.05F, 4.3F);
  maps.set(1, 3, 1, 0.06F, 4.6F);
  Instances people = maps.decode_with({});
  ASSERT_EQ(people.size(), 1U);
  EXPECT_EQ(people.keypoints_of(0)[1].x, 2 * 12);
  EXPECT_EQ(people.keypoints_of(0)[1].y, 2 * 4);
  // Half a unit is rounded to the even number, here to 0, so that the greater heat wins.
  maps.set(1, 3, 1, 0.06F, 4.5F);
  people = maps.decode_with({});
  EXPECT_EQ(people.keypoints_of(0)[1].y, 2 * 1);
}

TEST(AssociativeEmbedding, LeavesOutWhatTheMapSaysNothingOf) {
  SmallMaps maps(3, 6, 6, 0.0F, 0.0F);
  maps.set(0, 1, 1, 0.9F, 0.0F);
  maps.set(2, 4, 4, kNaN, 0.0F);
  const Instances people = maps.decode_with({});
  ASSERT_EQ(people.size(), 1U);
  EXPECT_TRUE(people.keypoints_of(0)[0].present());
  EXPECT_FALSE(people.keypoints_of(0)[1].present());
  EXPECT_FALSE(people.keypoints_of(0)[2].present());
  EXPECT_EQ(people.headers[0].score, 0.9F);
  EXPECT_FLOAT_EQ(people.headers[0].raw_score, 0.3F);
}

TEST(AssociativeEmbedding, MovesNothingNearTheBorder) {
  // The reference's limits are not symmetric: columns 0, 1 and the last one stay.
  for (int x = 0; x < 8; ++x) {
    SmallMaps maps(1, 8, 8, 0.0F, 0.0F);
    maps.set(0, x, 4, 0.9F, 0.0F);
    const Instances people = maps.decode_with({});
    ASSERT_EQ(people.size(), 1U);
    const bool moves = x > 1 && x < 7;
    // Equal neighbours move it left and up.
    EXPECT_EQ(people.keypoints_of(0)[0].x, 2 * (static_cast<float>(x) - (moves ? 0.25F : 0.0F)));
    EXPECT_EQ(people.keypoints_of(0)[0].y, 2 * (moves ? 3.75F : 4.0F));
  }
}

TEST(AssociativeEmbedding, PlainPeaksAreThoseThatNothingAroundExceeds) {
  SmallMaps maps(1, 9, 30, 0.0F, 0.0F);
  maps.set(0, 0, 0, 0.9F, 0.0F);   // a corner
  maps.set(0, 2, 2, 0.8F, 20.0F);  // within its 5 x 5
  maps.set(0, 8, 4, 0.5F, 40.0F);  // a plateau of two
  maps.set(0, 10, 4, 0.5F, 60.0F);
  maps.set(0, 20, 4, 0.7F, 80.0F);
  maps.set(0, 23, 4, 0.6F, 100.0F);  // three cells away
  maps.set(0, 29, 8, kInfinity, 120.0F);
  maps.set(0, 27, 8, 0.6F, 140.0F);  // infinity exceeds it
  const Instances people = maps.decode_with(plain());
  std::vector<float> scores;
  for (const Instances::Header& header : people.headers) scores.push_back(header.score);
  EXPECT_THAT(scores, ::testing::ElementsAre(0.9F, 0.7F, 0.6F, 0.5F, 0.5F));
  EXPECT_EQ(maps.decode_with({}).size(), 7U);
}

TEST(AssociativeEmbedding, GroupsCocoFromHeadToFoot) {
  // The hips come before the elbows: they make the first person, the elbow with the same tag joins them.
  SmallMaps maps(17, 8, 8, 0.0F, 0.0F);
  maps.set(7, 2, 2, 0.9F, 1.0F);
  maps.set(7, 6, 6, 0.95F, 9.0F);
  maps.set(11, 3, 6, 0.9F, 1.2F);
  maps.set(13, 3, 7, 0.9F, 1.1F);
  AssociativeEmbeddingOptions options;
  options.score_threshold = 0.0F;
  Instances people = maps.decode_with(options);
  ASSERT_EQ(people.size(), 2U);
  EXPECT_EQ(people.keypoints_of(0)[11].score, 0.9F);
  EXPECT_FLOAT_EQ(people.headers[0].raw_score, 2.7F / 17);
  EXPECT_FLOAT_EQ(people.headers[1].raw_score, 0.95F / 17);
  // Other skeletons are grouped in their own order.
  maps.shape = {1, 16, 8, 8};
  people = maps.decode_with(options);
  ASSERT_EQ(people.size(), 2U);
  EXPECT_FLOAT_EQ(people.headers[0].raw_score, 0.95F / 16);
}

TEST(AssociativeEmbedding, TagThresholdSeparatesPeople) {
  SmallMaps maps(2, 8, 8, 0.0F, 50.0F);
  maps.set(0, 2, 2, 0.9F, 1.0F);
  maps.set(1, 2, 5, 0.9F, 2.5F);
  AssociativeEmbeddingOptions options;
  EXPECT_EQ(maps.decode_with(options).size(), 2U);
  options.tag_threshold = 1.5F;  // a distance must be less
  EXPECT_EQ(maps.decode_with(options).size(), 2U);
  options.tag_threshold = 1.6F;
  EXPECT_EQ(maps.decode_with(options).size(), 1U);
}

TEST(AssociativeEmbedding, ScoreThresholdDropsTheWeak) {
  SmallMaps maps(1, 8, 8, 0.0F, 0.0F);
  maps.set(0, 2, 2, 0.5F, 1.0F);
  maps.set(0, 6, 6, 0.25F, 5.0F);
  AssociativeEmbeddingOptions options;
  options.score_threshold = 0.25F;  // a score must be greater
  EXPECT_EQ(maps.decode_with(options).size(), 1U);
  options.score_threshold = 0.2F;
  EXPECT_EQ(maps.decode_with(options).size(), 2U);
  options.peak_threshold = 0.25F;
  EXPECT_EQ(maps.decode_with(options).size(), 1U);
}

TEST(AssociativeEmbedding, CapsPeaksOfAKindByScore) {
  SmallMaps maps(1, 20, 20, 0.0F, 0.0F);
  for (int i = 0; i < 100; ++i) {
    maps.set(0, 2 * (i % 10), 2 * (i / 10), 0.2F + 0.007F * static_cast<float>(i * 37 % 100),
             static_cast<float>(i));
  }
  AssociativeEmbeddingOptions options;
  for (const int most : {1, 3, 30, 64}) {
    options.max_people = most;
    const Instances people = maps.decode_with(options);
    ASSERT_EQ(people.size(), static_cast<size_t>(most));
    for (int i = 0; i < most; ++i) {
      EXPECT_FLOAT_EQ(people.headers[static_cast<size_t>(i)].score,
                      0.2F + 0.007F * static_cast<float>(99 - i));
    }
  }
}

TEST(AssociativeEmbedding, CapsPeopleByRawScore) {
  // Nobody's tags fit, so that every peak is a person: 2 kinds with 2 peaks each.
  SmallMaps maps(2, 8, 8, 0.0F, 0.0F);
  maps.set(0, 1, 1, 0.6F, 10.0F);
  maps.set(1, 1, 5, 0.9F, 30.0F);
  maps.set(1, 5, 5, 0.4F, 40.0F);
  AssociativeEmbeddingOptions options;
  options.max_people = 2;
  const Instances people = maps.decode_with(options);
  ASSERT_EQ(people.size(), 2U);
  EXPECT_FLOAT_EQ(people.headers[0].raw_score, 0.3F);
  EXPECT_FLOAT_EQ(people.headers[1].raw_score, 0.45F);
}

TEST(AssociativeEmbedding, LeavesPeaksOutWhileThereAreExactlyAsManyPeopleAsAllowed) {
  SmallMaps maps(2, 8, 8, 0.0F, 0.0F);
  maps.set(0, 1, 1, 0.6F, 10.0F);
  maps.set(0, 5, 1, 0.5F, 20.0F);
  maps.set(1, 1, 5, 0.9F, 10.0F);
  AssociativeEmbeddingOptions options;
  options.max_people = 2;
  EXPECT_FLOAT_EQ(maps.decode_with(options).headers[0].raw_score, 0.3F);
  options.max_people = 3;
  EXPECT_FLOAT_EQ(maps.decode_with(options).headers[0].raw_score, 0.75F);
}

TEST(AssociativeEmbedding, EmptyMapsHoldNobody) {
  for (const float value : {0.0F, 0.1F, -1.0F, kNaN, kInfinity, -kInfinity}) {
    const SmallMaps maps(17, 144, 144, value, 0.0F);
    const TensorView heatmaps{maps.heatmaps.data(), maps.shape};
    const TensorView tags{maps.tags.data(), maps.shape};
    EXPECT_EQ(decode(heatmaps, tags, {}).size(), 0U) << value;
    EXPECT_EQ(decode(heatmaps, tags, heatmaps).size(), 0U) << value;
    EXPECT_EQ(decode(heatmaps, tags, {}, plain()).size(), 0U) << value;
  }
}

TEST(AssociativeEmbedding, PlainHeatmapsNeedNoOthers) {
  const TagScene scene = paint_tagged_crowd(3, 5);
  const std::vector<float> nonsense(scene.heatmaps.size(), 1.0F);
  expect_same_people(
      decode(scene.heatmaps_view(), scene.tags_view(), {nonsense.data(), scene.shape}, plain()),
      decode(scene.heatmaps_view(), scene.tags_view(), {}, plain()));
}

TEST(AssociativeEmbedding, OneArenaServesEverySize) {
  AssociativeEmbeddingArena arena;
  for (const auto& [count, cut] : std::vector<std::pair<int, int>>{{3, 144}, {10, 31}, {1, 144}, {5, 1}}) {
    const TagScene scene = paint_tagged_crowd(count, 6);
    const Shape shape{1, 17, cut, 144};
    Instances reused;
    decode_associative_embedding({scene.heatmaps.data(), shape}, {scene.tags.data(), shape}, {}, plain(),
                                 arena, reused);
    expect_same_people(reused,
                       decode({scene.heatmaps.data(), shape}, {scene.tags.data(), shape}, {}, plain()));
  }
}

}  // namespace
}  // namespace pose::test
