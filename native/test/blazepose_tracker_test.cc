#include "pose/blazepose_tracker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "allocation_counter.h"

namespace pose {
namespace {

constexpr float kRadius = 80.0F;  // of the circle around a body, px
constexpr float kSide = 2.0F * kRadius * 1.25F;

BlazePoseDetection detection_at(float x_img) {
  BlazePoseDetection detection;
  detection.score = 0.9F;
  detection.points[0] = {x_img, 200.0F};
  detection.points[1] = {x_img, 200.0F - kRadius};
  return detection;
}

/** An upright body whose landmarks lie around its mid-hip. */
BlazePoseBody body_at(float x_img) {
  BlazePoseBody body;
  body.found = true;
  body.flag = 0.97F;
  for (size_t i = 0; i < kBlazePoseKeypoints; ++i) {
    const auto offset = static_cast<float>(i);
    body.landmarks[i] = {x_img + offset, 150.0F + 2.0F * offset, 0.0F, 0.5F, 1.0F};
  }
  body.landmarks[0].visibility = 1.0F;
  body.landmarks[kBlazePoseKeypoints] = {x_img, 200.0F, 0, 0, 0};
  body.landmarks[kBlazePoseKeypoints + 1] = {x_img, 200.0F - kRadius, 0, 0, 0};
  return body;
}

/** Drives a tracker frame by frame. */
class Drive {
 public:
  explicit Drive(const BlazePoseTrackerOptions& options) : tracker(options) {}

  /** Runs a frame: the detector gives `detections` where it is asked; `found` says what each square shows. */
  template <class Found>
  void frame(const std::vector<BlazePoseDetection>& detections, const Found& found) {
    searched = tracker.wants_detections();
    tracker.begin_frame(searched ? &detections : nullptr);
    bodies.clear();
    for (const Roi& roi : tracker.rois()) bodies.push_back(found(roi));
    people.clear(kBlazePoseKeypoints);
    time_ns += 33000000;
    tracker.finish_frame(bodies, time_ns, people);
  }

  std::vector<int32_t> ids() const {
    std::vector<int32_t> all;
    for (const Instances::Header& header : people.headers) all.push_back(header.track_id);
    return all;
  }

  BlazePoseTracker tracker;
  bool searched = false;
  std::vector<BlazePoseBody> bodies;
  Instances people;
  int64_t time_ns = 0;
};

using Ids = std::vector<int32_t>;

const auto kAsAsked = [](const Roi& roi) { return body_at(roi.x_img); };
const auto kNobody = [](const Roi&) { return BlazePoseBody(); };

BlazePoseTrackerOptions people(int max_people) {
  BlazePoseTrackerOptions options;
  options.max_people = max_people;
  return options;
}

TEST(BlazePoseTracker, DetectsOnlyWithoutASquareWhenThereIsOnePerson) {
  Drive drive(people(1));
  drive.frame({detection_at(300.0F), detection_at(900.0F)}, kAsAsked);
  EXPECT_TRUE(drive.searched);
  EXPECT_EQ(drive.ids(), Ids{1});
  for (int i = 0; i < 50; ++i) {
    drive.frame({}, kAsAsked);
    EXPECT_FALSE(drive.searched);
  }
  EXPECT_EQ(drive.ids(), Ids{1});
  drive.frame({}, kNobody);  // lost: the detector waits for the next frame
  EXPECT_FALSE(drive.searched);
  EXPECT_TRUE(drive.ids().empty());
  drive.frame({detection_at(300.0F)}, kAsAsked);
  EXPECT_TRUE(drive.searched);
  EXPECT_EQ(drive.ids(), Ids{2});
}

TEST(BlazePoseTracker, ReportsWhatTheNetworkSaid) {
  Drive drive(people(2));
  drive.frame({detection_at(300.0F)}, kAsAsked);
  ASSERT_EQ(drive.people.size(), 1U);
  EXPECT_EQ(drive.people.keypoint_count, 33);
  EXPECT_FLOAT_EQ(drive.people.headers[0].raw_score, 0.97F);
  EXPECT_NEAR(drive.people.headers[0].score, (1.0F + 32 * 0.5F) / 33, 1e-6F);
  EXPECT_FLOAT_EQ(drive.people.keypoints_of(0)[5].x, 305.0F);
  EXPECT_FLOAT_EQ(drive.people.keypoints_of(0)[5].y, 160.0F);
  EXPECT_FLOAT_EQ(drive.people.keypoints_of(0)[0].score, 1.0F);
}

TEST(BlazePoseTracker, FollowsTheBodyByItsAlignmentPoints) {
  Drive drive(people(1));
  drive.frame({detection_at(300.0F)}, kAsAsked);
  drive.frame({}, kAsAsked);
  ASSERT_EQ(drive.tracker.rois().size(), 1U);
  EXPECT_NEAR(drive.tracker.rois()[0].x_img, 300.0F, 1e-3F);
  EXPECT_NEAR(drive.tracker.rois()[0].side_img, kSide, 1e-3F);
}

TEST(BlazePoseTracker, KeepsIdsWhenSomebodyLeavesAndAnotherComes) {
  Drive drive(people(3));
  drive.frame({detection_at(100.0F), detection_at(400.0F), detection_at(700.0F)}, kAsAsked);
  EXPECT_EQ(drive.ids(), (Ids{1, 2, 3}));
  drive.frame({}, [](const Roi& roi) {
    return std::abs(roi.x_img - 400.0F) < 1.0F ? BlazePoseBody() : body_at(roi.x_img);
  });
  EXPECT_EQ(drive.ids(), (Ids{1, 3}));
  drive.frame({detection_at(1000.0F)}, kAsAsked);
  EXPECT_TRUE(drive.searched) << "somebody was lost: search at once";
  EXPECT_EQ(drive.ids(), (Ids{1, 3, 4}));
}

TEST(BlazePoseTracker, SearchesForFurtherPeopleAtItsInterval) {
  BlazePoseTrackerOptions options = people(2);
  options.detector_interval = 5;
  Drive drive(options);
  drive.frame({detection_at(100.0F)}, kAsAsked);
  std::vector<int> searched;
  for (int i = 1; i <= 12; ++i) {
    drive.frame({detection_at(100.0F)}, kAsAsked);
    if (drive.searched) searched.push_back(i);
  }
  EXPECT_EQ(searched, (std::vector<int>{5, 10}));
  EXPECT_EQ(drive.ids(), Ids{1}) << "the one who is tracked is not found again";
}

TEST(BlazePoseTracker, SearchesNoFurtherWhenAllPlacesAreTaken) {
  BlazePoseTrackerOptions options = people(2);
  options.detector_interval = 1;
  Drive drive(options);
  drive.frame({detection_at(100.0F), detection_at(400.0F), detection_at(800.0F)}, kAsAsked);
  EXPECT_EQ(drive.ids(), (Ids{1, 2}));
  drive.frame({}, kAsAsked);
  EXPECT_FALSE(drive.searched);
}

TEST(BlazePoseTracker, TellsPeopleShoulderToShoulderApart) {
  Drive drive(people(4));
  drive.frame({detection_at(300.0F), detection_at(300.0F + 0.2F * kSide)}, kAsAsked);
  EXPECT_EQ(drive.ids(), (Ids{1, 2}));
}

TEST(BlazePoseTracker, LooksOnceAtABodyThatWasDetectedTwice) {
  Drive drive(people(4));
  drive.frame({detection_at(300.0F), detection_at(300.0F + 0.1F * kSide)}, kAsAsked);
  EXPECT_EQ(drive.tracker.rois().size(), 1U);
  EXPECT_EQ(drive.ids(), Ids{1});
}

TEST(BlazePoseTracker, MergesTracksThatCollapseAndKeepsTheOlder) {
  Drive drive(people(4));
  drive.frame({detection_at(100.0F), detection_at(400.0F)}, kAsAsked);
  EXPECT_EQ(drive.ids(), (Ids{1, 2}));
  drive.frame({}, [](const Roi&) { return body_at(250.0F); });
  EXPECT_EQ(drive.ids(), Ids{1});
  drive.frame({}, kAsAsked);
  EXPECT_EQ(drive.ids(), Ids{1});
}

TEST(BlazePoseTracker, DoesNotSpendAnIdOnASecondLookAtOneBody) {
  Drive drive(people(4));
  drive.frame({detection_at(100.0F), detection_at(400.0F)}, [](const Roi&) { return body_at(100.0F); });
  EXPECT_EQ(drive.ids(), Ids{1});
  drive.frame({detection_at(700.0F)}, kAsAsked);
  for (int i = 0; i < 10; ++i) drive.frame({detection_at(700.0F)}, kAsAsked);
  EXPECT_EQ(drive.ids(), (Ids{1, 2}));
}

TEST(BlazePoseTracker, GivesUpABodyWhoseSquareIsOfNoUse) {
  Drive drive(people(1));
  drive.frame({detection_at(100.0F)}, [](const Roi& roi) {
    BlazePoseBody body = body_at(roi.x_img);
    body.landmarks[kBlazePoseKeypoints + 1] = body.landmarks[kBlazePoseKeypoints];
    return body;
  });
  EXPECT_EQ(drive.ids(), Ids{1});
  drive.frame({}, kAsAsked);
  EXPECT_TRUE(drive.searched);
  EXPECT_TRUE(drive.tracker.rois().empty());
}

TEST(BlazePoseTracker, IgnoresDetectionsThatGiveNoSquare) {
  BlazePoseDetection degenerate = detection_at(100.0F);
  degenerate.points[1] = degenerate.points[0];
  Drive drive(people(1));
  drive.frame({degenerate, detection_at(500.0F)}, kAsAsked);
  ASSERT_EQ(drive.tracker.rois().size(), 1U);
  EXPECT_FLOAT_EQ(drive.tracker.rois()[0].x_img, 500.0F);
}

TEST(BlazePoseTracker, StandsAloneWithStaticImages) {
  BlazePoseTrackerOptions options = people(2);
  options.static_image = true;
  Drive drive(options);
  for (int i = 0; i < 3; ++i) {
    const auto x_img = static_cast<float>(100 + 50 * i);
    drive.frame({detection_at(x_img)}, kAsAsked);
    EXPECT_TRUE(drive.searched);
    EXPECT_EQ(drive.ids(), Ids{-1});
    EXPECT_EQ(drive.people.keypoints_of(0)[0].x, x_img) << "smoothed";
  }
  drive.frame({}, kAsAsked);
  EXPECT_TRUE(drive.ids().empty());
}

TEST(BlazePoseTracker, SmoothsOnlyWhereWanted) {
  for (const bool smooth : {true, false}) {
    BlazePoseTrackerOptions options = people(1);
    options.smooth = smooth;
    Drive drive(options);
    drive.frame({detection_at(100.0F)}, kAsAsked);
    drive.frame({}, [](const Roi& roi) { return body_at(roi.x_img + 1.0F); });
    EXPECT_EQ(drive.people.keypoints_of(0)[0].x < 101.0F, smooth);
  }
}

TEST(BlazePoseTracker, ForgetsEverybodyButNotTheIds) {
  Drive drive(people(4));
  drive.frame({detection_at(100.0F), detection_at(400.0F)}, kAsAsked);
  drive.tracker.forget();
  drive.frame({detection_at(100.0F)}, kAsAsked);
  EXPECT_TRUE(drive.searched);
  EXPECT_EQ(drive.ids(), Ids{3});
}

TEST(BlazePoseTracker, AFrameThatIsNeverFinishedLeavesNoTrace) {
  Drive drive(people(1));
  const std::vector<BlazePoseDetection> detections{detection_at(100.0F)};
  drive.tracker.begin_frame(&detections);
  EXPECT_TRUE(drive.tracker.wants_detections());
  drive.frame(detections, kAsAsked);
  EXPECT_EQ(drive.ids(), Ids{1});
  drive.tracker.begin_frame(nullptr);
  drive.frame({}, kAsAsked);
  EXPECT_EQ(drive.ids(), Ids{1});
}

TEST(BlazePoseTracker, AllocatesNothingOnceEverybodyIsTracked) {
  BlazePoseTracker tracker(people(2));
  const std::vector<BlazePoseDetection> detections{detection_at(100.0F), detection_at(400.0F)};
  std::vector<BlazePoseBody> bodies{body_at(100.0F), body_at(400.0F)};
  Instances people_img;
  int64_t before = 0;
  for (int64_t frame = 1; frame <= 6; ++frame) {
    tracker.begin_frame(tracker.wants_detections() ? &detections : nullptr);
    people_img.clear(kBlazePoseKeypoints);
    tracker.finish_frame(bodies, frame * 33000000, people_img);
    if (frame == 1) before = test::allocations();
  }
  EXPECT_EQ(test::allocations(), before);
  EXPECT_EQ(people_img.size(), 2U);
}

}  // namespace
}  // namespace pose
