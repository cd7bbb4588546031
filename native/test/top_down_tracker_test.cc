#include "pose/top_down_tracker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "allocation_counter.h"

namespace pose {
namespace {

constexpr ImageSize kImage{640, 480};

/** A camera whose pose network finds the four corners of a hull in every box. */
class TopDownTrackerTest : public ::testing::Test {
 protected:
  /** A frame in which the detector, if it is wanted, sees `seen`; `pose` moves or fades the keypoints of each
   *  box. Returns the people. */
  template <class Pose>
  Instances frame(TopDownTracker& tracker, const std::vector<Detection>& seen, const Pose& pose) {
    searched_ = tracker.wants_detections();
    tracker.begin_frame(searched_ ? &seen : nullptr);
    boxes_ = tracker.boxes();
    looked_at_.clear(4);
    for (const Detection& box : boxes_) {
      Keypoint* keypoints = looked_at_.append({0.9F, 0.8F, -1});
      // The hull that, padded, is the box again.
      const float shorter = std::min(box.x_max - box.x_min, box.y_max - box.y_min);
      const float longer = std::max(box.x_max - box.x_min, box.y_max - box.y_min);
      const float padding = 0.1F * longer / 1.2F;
      EXPECT_GT(shorter, 2 * padding);
      const float xs[] = {box.x_min + padding, box.x_max - padding};
      const float ys[] = {box.y_min + padding, box.y_max - padding};
      for (int i = 0; i < 4; ++i) keypoints[i] = {xs[i % 2], ys[i / 2], 0.9F};
      pose(keypoints, looked_at_.headers.back());
    }
    Instances people;
    people.clear(4);
    tracker.finish_frame(looked_at_, kImage, people);
    return people;
  }
  Instances frame(TopDownTracker& tracker, const std::vector<Detection>& seen) {
    return frame(tracker, seen, [](Keypoint*, Instances::Header&) {});
  }

  static std::vector<int32_t> ids(const Instances& people) {
    std::vector<int32_t> ids;
    for (const auto& header : people.headers) ids.push_back(header.track_id);
    return ids;
  }
  using Ids = std::vector<int32_t>;

  Instances looked_at_;
  std::vector<Detection> boxes_;
  bool searched_ = false;
};

const Detection kLeft{0.9F, 100, 100, 160, 200};
const Detection kRight{0.8F, 400, 150, 460, 250};

TEST_F(TopDownTrackerTest, SearchesAtItsIntervalAndWhileNobodyIsThere) {
  TopDownTracker tracker({4, 0.3F, 8});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(frame(tracker, {}).size(), 0U);
    EXPECT_TRUE(searched_) << "nobody is there";
  }
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(frame(tracker, {kLeft}).size(), 1U);
    EXPECT_EQ(searched_, i % 4 == 0) << i;
  }
}

TEST_F(TopDownTrackerTest, CarriesABoxOnWithItsKeypoints) {
  TopDownTracker tracker({100, 0.3F, 8});
  frame(tracker, {kLeft});
  for (int i = 1; i <= 20; ++i) {
    const Instances people = frame(tracker, {}, [](Keypoint* keypoints, Instances::Header&) {
      for (int k = 0; k < 4; ++k) keypoints[k].x += 5.0F;
    });
    EXPECT_EQ(ids(people), Ids{1});
    EXPECT_FALSE(searched_);
    EXPECT_NEAR(boxes_[0].x_min, 100.0F + 5.0F * static_cast<float>(i - 1), 0.01F);
    EXPECT_NEAR(boxes_[0].y_max, 200.0F, 0.01F);
  }
}

TEST_F(TopDownTrackerTest, PadsTheHullAsADetectorWould) {
  TopDownTracker tracker({100, 0.3F, 8});
  const auto pose = [](Keypoint* keypoints, Instances::Header&) {
    keypoints[0] = {110, 110, 0.9F};
    keypoints[1] = {150, 110, 0.31F};
    keypoints[2] = {110, 190, 0.9F};
    keypoints[3] = {300, 400, 0.29F};  // too weak to count
  };
  frame(tracker, {kLeft}, pose);
  frame(tracker, {}, pose);
  EXPECT_NEAR(boxes_[0].x_min, 102.0F, 1e-3F);
  EXPECT_NEAR(boxes_[0].x_max, 158.0F, 1e-3F);
  EXPECT_NEAR(boxes_[0].y_min, 102.0F, 1e-3F);
  EXPECT_NEAR(boxes_[0].y_max, 198.0F, 1e-3F);
}

TEST_F(TopDownTrackerTest, LetsABoxChangeSlowlyAndEndAtTheImage) {
  TopDownTracker tracker({100, 0.3F, 8});
  const auto explode = [](Keypoint* keypoints, Instances::Header&) {
    keypoints[0] = {-5000, -5000, 0.9F};
    keypoints[3] = {5000, 5000, 0.9F};
  };
  frame(tracker, {kLeft}, explode);
  frame(tracker, {}, explode);
  EXPECT_NEAR(boxes_[0].x_max - boxes_[0].x_min, 45.0F, 1e-2F) << "90 around 0, of which half is outside";
  EXPECT_NEAR(boxes_[0].y_max - boxes_[0].y_min, 75.0F, 1e-2F);
  TopDownTracker other({100, 0.3F, 8});
  const auto collapse = [](Keypoint* keypoints, Instances::Header&) {
    for (int k = 0; k < 4; ++k) keypoints[k] = {130, 150, 0.9F};
  };
  frame(other, {kLeft}, collapse);
  frame(other, {}, collapse);
  EXPECT_NEAR(boxes_[0].x_max - boxes_[0].x_min, 48.0F, 1e-2F);
  EXPECT_NEAR(boxes_[0].y_max - boxes_[0].y_min, 80.0F, 1e-2F);
}

TEST_F(TopDownTrackerTest, GivesUpWhoseKeypointsFade) {
  TopDownTracker tracker({100, 0.3F, 8});
  EXPECT_EQ(ids(frame(tracker, {kLeft, kRight})), (Ids{1, 2}));
  const auto fade_left = [](Keypoint* keypoints, Instances::Header&) {
    if (keypoints[0].x > 300) return;
    keypoints[0].score = keypoints[1].score = 0.2F;
  };
  EXPECT_EQ(ids(frame(tracker, {}, fade_left)), Ids{2});
  EXPECT_FALSE(searched_);
  EXPECT_EQ(ids(frame(tracker, {kRight})), Ids{2});
  EXPECT_TRUE(searched_) << "somebody was lost";
  frame(tracker, {kRight});
  EXPECT_FALSE(searched_);
}

TEST_F(TopDownTrackerTest, BelievesTheDetectorWhereKeypointsAreWeak) {
  TopDownTracker tracker({1, 0.3F, 8});
  const auto weak = [](Keypoint* keypoints, Instances::Header&) {
    for (int k = 0; k < 4; ++k) keypoints[k].score = 0.1F;
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ids(frame(tracker, {kLeft}, weak)), Ids{1});
  const auto absent = [](Keypoint* keypoints, Instances::Header&) {
    for (int k = 0; k < 4; ++k) keypoints[k] = Keypoint();
  };
  EXPECT_EQ(frame(tracker, {kLeft}, absent).size(), 0U) << "somebody without a keypoint is nobody";
}

TEST_F(TopDownTrackerTest, KeepsIdsWhenTheDetectorFindsPeopleAgain) {
  TopDownTracker tracker({1, 0.3F, 8});
  EXPECT_EQ(ids(frame(tracker, {kLeft, kRight})), (Ids{1, 2}));
  const Detection right_moved{0.95F, 410, 155, 475, 258};
  const Detection newcomer{0.99F, 250, 100, 310, 200};
  EXPECT_EQ(ids(frame(tracker, {newcomer, right_moved, kLeft})), (Ids{1, 2, 3}));
  EXPECT_FLOAT_EQ(boxes_[1].x_min, 410.0F) << "the detector's box takes over";
  EXPECT_EQ(ids(frame(tracker, {kLeft, newcomer, kRight})), (Ids{1, 2, 3}));
}

TEST_F(TopDownTrackerTest, GivesADetectionToTheOneItOverlapsMost) {
  TopDownTracker tracker({1, 0.3F, 8});
  const Detection a{0.9F, 100, 100, 200, 200};
  const Detection b{0.8F, 150, 100, 250, 200};
  EXPECT_EQ(ids(frame(tracker, {a, b})), (Ids{1, 2}));
  const Detection b_moved{0.9F, 140, 100, 240, 200};  // overlaps both
  EXPECT_EQ(ids(frame(tracker, {b_moved})), (Ids{1, 2}));
  EXPECT_FLOAT_EQ(boxes_[0].x_min, 100.0F);
  EXPECT_FLOAT_EQ(boxes_[1].x_min, 140.0F);
}

TEST_F(TopDownTrackerTest, GivesUpWhomTheDetectorMissesTimeAfterTime) {
  TopDownTracker tracker({1, 0.3F, 8});
  frame(tracker, {kLeft});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ids(frame(tracker, {})), Ids{1}) << "carried on by the keypoints";
  EXPECT_EQ(frame(tracker, {}).size(), 0U);
  EXPECT_EQ(ids(frame(tracker, {kLeft})), Ids{2});
  for (int i = 0; i < 3; ++i) frame(tracker, {});
  frame(tracker, {kLeft});
  EXPECT_EQ(ids(frame(tracker, {})), Ids{2}) << "seen again in between";
}

TEST_F(TopDownTrackerTest, KeepsTheBetterOfTwoThatAreOne) {
  TopDownTracker tracker({100, 0.3F, 8});
  const Detection near{0.7F, 130, 100, 190, 200};
  EXPECT_EQ(ids(frame(tracker, {kLeft, near})), (Ids{1, 2}));
  const auto converge = [](Keypoint* keypoints, Instances::Header& header) {
    if (keypoints[0].x > 120) header.score = 0.95F;
    const float xs[] = {120, 160};
    for (int k = 0; k < 4; ++k) keypoints[k].x = xs[k % 2];
  };
  EXPECT_EQ(ids(frame(tracker, {}, converge)), Ids{2});
  frame(tracker, {});
  EXPECT_FALSE(searched_) << "a repetition is nobody who was lost";
}

TEST_F(TopDownTrackerTest, ABetterBoxOfSomebodyFollowedKeepsTheId) {
  TopDownTracker tracker({1, 0.3F, 8});
  frame(tracker, {kLeft});
  // Overlaps the followed box too little to be taken for the same; the keypoints of both are.
  const float shift = 0.6F * (kLeft.x_max - kLeft.x_min);
  const Detection beside{0.9F, kLeft.x_min + shift, kLeft.y_min, kLeft.x_max + shift, kLeft.y_max};
  const auto converge = [](Keypoint* keypoints, Instances::Header& header) {
    header.score = keypoints[1].x > kLeft.x_max ? 0.95F : 0.8F;
    const float xs[] = {kLeft.x_min, kLeft.x_max};
    const float ys[] = {kLeft.y_min, kLeft.y_max};
    for (int k = 0; k < 4; ++k) keypoints[k] = {xs[k % 2], ys[k / 2], 0.9F};
  };
  const Instances people = frame(tracker, {beside}, converge);
  EXPECT_EQ(ids(people), Ids{1});
  EXPECT_FLOAT_EQ(people.headers[0].score, 0.95F);
}

TEST_F(TopDownTrackerTest, FollowsNoMoreThanAsked) {
  std::vector<Detection> crowd;
  for (int i = 0; i < 10; ++i) {
    const auto x = 60.0F * static_cast<float>(i);
    crowd.push_back({0.9F - 0.01F * static_cast<float>(i), x, 100, x + 50, 200});
  }
  TopDownTracker tracker({1, 0.3F, 3});
  EXPECT_EQ(ids(frame(tracker, crowd)), (Ids{1, 2, 3}));
  EXPECT_FLOAT_EQ(boxes_[2].x_min, 120.0F) << "the best scores";
  std::swap(crowd.front(), crowd.back());
  EXPECT_EQ(ids(frame(tracker, crowd)), (Ids{1, 2, 3})) << "those who are followed come first";
}

TEST_F(TopDownTrackerTest, LeavesNoTraceOfAFrameThatFailed) {
  TopDownTracker tracker({1, 0.3F, 8});
  frame(tracker, {kLeft});
  const std::vector<Detection> others{kRight};
  for (int i = 0; i < 10; ++i) tracker.begin_frame(&others);
  EXPECT_EQ(ids(frame(tracker, {kLeft})), Ids{1});
}

TEST_F(TopDownTrackerTest, ForgetsEverybodyButNoId) {
  TopDownTracker tracker({5, 0.3F, 8});
  frame(tracker, {kLeft});
  tracker.forget();
  EXPECT_EQ(ids(frame(tracker, {kLeft})), Ids{2});
  EXPECT_TRUE(searched_);
}

TEST_F(TopDownTrackerTest, TakesBrokenBoxesAndKeypoints) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  TopDownTracker tracker({1, 0.3F, 8});
  frame(tracker, {{0.9F, nan, 0, 50, 50}, {0.9F, 0, 0, 1, 1}, {0.9F, 0, 0, INFINITY, 60}, kLeft});
  EXPECT_EQ(boxes_.size(), 1U);
  const auto wild = [nan](Keypoint* keypoints, Instances::Header&) {
    keypoints[0] = {3e38F, -3e38F, 3e38F};
    keypoints[1] = {-3e38F, 3e38F, nan};
    keypoints[2].score = -1.0F;
  };
  for (int i = 0; i < 5; ++i) frame(tracker, {kLeft}, wild);
  for (const Detection& box : boxes_) {
    EXPECT_TRUE(std::isfinite(box.x_min) && std::isfinite(box.x_max)) << box.x_min << " " << box.x_max;
  }
}

TEST_F(TopDownTrackerTest, AllocatesNothingOnceWarm) {
  TopDownTracker tracker({2, 0.3F, 8});
  const std::vector<Detection> seen{kLeft, kRight};
  Instances people;
  const auto run = [&] {
    for (int i = 0; i < 2; ++i) {
      tracker.begin_frame(tracker.wants_detections() ? &seen : nullptr);
      people.clear(4);
      tracker.finish_frame(looked_at_, kImage, people);
    }
  };
  frame(tracker, seen);
  run();
  const int64_t before = test::allocations();
  run();
  EXPECT_EQ(test::allocations(), before);
  EXPECT_EQ(people.size(), 2U);
}

}  // namespace
}  // namespace pose
