#include "pose/blazepose_smoothing.h"

#include <gtest/gtest.h>

#include <limits>

#include "allocation_counter.h"
#include "blazepose_golden.h"

namespace pose {
namespace {

using nlohmann::json;

/** The unsmoothed landmarks of a frame, with its alignment points, in image pixels. */
BlazePoseLandmarks unsmoothed(const json& frame) {
  const auto width = frame.at("width").get<float>();
  const auto height = frame.at("height").get<float>();
  BlazePoseLandmarks landmarks;
  for (size_t i = 0; i < kBlazePoseLandmarks; ++i) {
    const json& stored = i < kBlazePoseKeypoints
                             ? frame.at("landmarks").at(i)
                             : frame.at("aux_landmarks_unfiltered").at(i - kBlazePoseKeypoints);
    landmarks[i] = test::landmark_img(stored, width, height);
  }
  return landmarks;
}

void expect_landmark(const BlazePoseLandmark& found_img, const json& stored, const json& frame) {
  const auto width = frame.at("width").get<float>();
  const auto height = frame.at("height").get<float>();
  EXPECT_NEAR(found_img.x / width, stored.at(0).get<float>(), 1e-6F);
  EXPECT_NEAR(found_img.y / height, stored.at(1).get<float>(), 1e-6F);
  EXPECT_NEAR(found_img.z / width, stored.at(2).get<float>(), 1e-6F);
}

TEST(BlazePoseSmoothing, GoldenClipFromUnsmoothedLandmarks) {
  POSE_REQUIRE_SHARED_DATA();
  const auto raw = test::blazepose_clip(false);
  const auto smooth = test::blazepose_clip(true);
  ASSERT_EQ(raw.size(), 201U);
  ASSERT_EQ(smooth.size(), 201U);
  BlazePoseSmoother smoother;
  int compared = 0;
  for (size_t f = 0; f < raw.size(); ++f) {
    SCOPED_TRACE(raw[f].at("frame").get<int>());
    if (raw[f].at("landmarks").is_null()) {
      smoother.lose();
      continue;
    }
    BlazePoseLandmarks landmarks = unsmoothed(raw[f]);
    smoother.apply(landmarks, test::time_ns(raw[f]), true);
    for (size_t i = 0; i < kBlazePoseKeypoints; ++i) {
      const json& stored = smooth[f].at("landmarks").at(i);
      expect_landmark(landmarks[i], stored, raw[f]);
      EXPECT_NEAR(landmarks[i].visibility, stored.at(3).get<float>(), 1e-6F);
      EXPECT_EQ(landmarks[i].presence, stored.at(4).get<float>());
    }
    for (size_t i = 0; i < 2; ++i) {
      expect_landmark(landmarks[kBlazePoseKeypoints + i], smooth[f].at("aux_landmarks_filtered").at(i),
                      raw[f]);
    }
    test::expect_roi(roi_from_landmarks(landmarks), smooth[f].at("roi_from_landmarks"),
                     raw[f].at("width").get<float>(), raw[f].at("height").get<float>());
    ++compared;
  }
  EXPECT_EQ(compared, 185);
}

TEST(BlazePoseSmoothing, GoldenWorldLandmarksOfTheClip) {
  POSE_REQUIRE_SHARED_DATA();
  const auto raw = test::blazepose_clip(false);
  const auto smooth = test::blazepose_clip(true);
  PointSmoother smoother(kBlazePoseKeypoints, kBlazePoseWorldFilter);
  for (size_t f = 0; f < raw.size(); ++f) {
    SCOPED_TRACE(raw[f].at("frame").get<int>());
    if (raw[f].at("world_landmarks").is_null()) continue;  // the reference does not start anew here
    std::array<BlazePoseLandmark, kBlazePoseKeypoints> landmarks;
    for (size_t i = 0; i < landmarks.size(); ++i) {
      landmarks[i] = test::landmark_img(raw[f].at("world_landmarks").at(i), 1.0F, 1.0F);
    }
    smoother.apply(landmarks.data(), test::time_ns(raw[f]), 1.0F);
    for (size_t i = 0; i < landmarks.size(); ++i) {
      const json& stored = smooth[f].at("world_landmarks").at(i);
      EXPECT_NEAR(landmarks[i].x, stored.at(0).get<float>(), 1e-6F);
      EXPECT_NEAR(landmarks[i].y, stored.at(1).get<float>(), 1e-6F);
      EXPECT_NEAR(landmarks[i].z, stored.at(2).get<float>(), 1e-6F);
    }
  }
}

BlazePoseLandmarks standing_body(float x_img) {
  BlazePoseLandmarks landmarks;
  for (BlazePoseLandmark& landmark : landmarks) landmark = {x_img, 100.0F, 0.0F, 0.5F, 1.0F};
  landmarks[kBlazePoseKeypoints + 1].y = 20.0F;
  return landmarks;
}

TEST(BlazePoseSmoothing, AlignmentPointsAloneWhereTheSkeletonIsNotWanted) {
  BlazePoseSmoother smoother;
  BlazePoseLandmarks first = standing_body(10.0F);
  smoother.apply(first, 1000000, false);
  BlazePoseLandmarks second = standing_body(12.0F);
  second[0].visibility = 0.9F;
  smoother.apply(second, 34000000, false);
  EXPECT_EQ(second[0].x, 12.0F);
  EXPECT_EQ(second[0].visibility, 0.9F);
  EXPECT_LT(second[kBlazePoseKeypoints].x, 12.0F);
  EXPECT_GT(second[kBlazePoseKeypoints].x, 10.0F);
}

TEST(BlazePoseSmoothing, PassesPositionsWhenTimeStandsStill) {
  BlazePoseSmoother smoother;
  BlazePoseLandmarks first = standing_body(10.0F);
  smoother.apply(first, 5000000, true);
  BlazePoseLandmarks second = standing_body(20.0F);
  smoother.apply(second, 5000000, true);
  EXPECT_EQ(second[0].x, 20.0F);
}

TEST(BlazePoseSmoothing, TakesAnyTwoTimes) {
  PointSmoother smoother(1, kBlazePoseLandmarkFilter);
  BlazePoseLandmark point{10.0F, 20.0F, 0.0F, 0.5F, 0.5F};
  smoother.apply(&point, std::numeric_limits<int64_t>::min(), 0.01F);
  point.x = 30.0F;
  smoother.apply(&point, std::numeric_limits<int64_t>::max(), 0.01F);
  EXPECT_NEAR(point.x, 30.0F, 1e-3F) << "after so long a time nothing is left of the value before";
}

TEST(BlazePoseSmoothing, LosingKeepsVisibilityAndResettingDoesNot) {
  BlazePoseSmoother smoother;
  BlazePoseLandmarks first = standing_body(10.0F);
  smoother.apply(first, 1000000, true);
  smoother.lose();
  BlazePoseLandmarks second = standing_body(200.0F);
  second[0].visibility = 1.0F;
  smoother.apply(second, 34000000, true);
  EXPECT_EQ(second[0].x, 200.0F);
  EXPECT_FLOAT_EQ(second[0].visibility, 0.55F);
  smoother.reset();
  BlazePoseLandmarks third = standing_body(300.0F);
  third[0].visibility = 1.0F;
  smoother.apply(third, 67000000, true);
  EXPECT_EQ(third[0].x, 300.0F);
  EXPECT_EQ(third[0].visibility, 1.0F);
}

TEST(BlazePoseSmoothing, OfABodyWithoutExtentPasses) {
  BlazePoseSmoother smoother;
  BlazePoseLandmarks body = standing_body(10.0F);
  body[kBlazePoseKeypoints + 1] = body[kBlazePoseKeypoints];
  smoother.apply(body, 1000000, true);
  body[0].x = 50.0F;
  smoother.apply(body, 2000000, true);
  EXPECT_EQ(body[0].x, 50.0F);
}

TEST(BlazePoseSmoothing, AllocatesNothing) {
  BlazePoseSmoother smoother;
  BlazePoseLandmarks body = standing_body(10.0F);
  const int64_t before = test::allocations();
  for (int64_t frame = 1; frame < 10; ++frame) smoother.apply(body, frame * 33000000, true);
  smoother.lose();
  EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace pose
