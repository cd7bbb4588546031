#include "pose/blazepose_smoothing.h"

#include <cmath>

namespace pose {
namespace {

constexpr float kVisibilityWeight = 0.1F;
constexpr float kSmallestExtent_img = 1e-6F;  // below it positions pass unsmoothed

/** Side of the body's square before it is enlarged. */
float body_extent(const BlazePoseLandmarks& landmarks_img) {
  const BlazePoseLandmark& centre = landmarks_img[kBlazePoseKeypoints];
  const BlazePoseLandmark& circle = landmarks_img[kBlazePoseKeypoints + 1];
  const float dx = circle.x - centre.x;
  const float dy = circle.y - centre.y;
  return 2.0F * std::sqrt(dx * dx + dy * dy);
}

}  // namespace

void PointSmoother::apply(BlazePoseLandmark* points, int64_t time_ns, float value_scale) {
  if (has_time_ && time_ns <= last_time_ns_) return;
  OneEuroStep step;
  step.value_scale = value_scale;
  // As unsigned numbers: the difference of any two times is exact, also where it is more than an int64_t
  // holds.
  const uint64_t period_ns = static_cast<uint64_t>(time_ns) - static_cast<uint64_t>(last_time_ns_);
  if (has_time_) step.frequency_hz = 1.0 / (static_cast<double>(period_ns) * 1e-9);
  has_time_ = true;
  last_time_ns_ = time_ns;
  for (size_t i = 0; i < filters_.size(); ++i) {
    points[i].x = filters_[i][0].apply(points[i].x, options_, step);
    points[i].y = filters_[i][1].apply(points[i].y, options_, step);
    points[i].z = filters_[i][2].apply(points[i].z, options_, step);
  }
}

void PointSmoother::reset() {
  has_time_ = false;
  for (auto& axes : filters_) {
    for (OneEuroFilter& filter : axes) filter.reset();
  }
}

void BlazePoseSmoother::apply(BlazePoseLandmarks& landmarks_img, int64_t time_ns, bool skeleton) {
  if (skeleton) {
    for (size_t i = 0; i < kBlazePoseKeypoints; ++i) {
      landmarks_img[i].visibility = visibility_[i].apply(landmarks_img[i].visibility, kVisibilityWeight);
    }
  }
  const float extent_img = body_extent(landmarks_img);
  if (!(extent_img >= kSmallestExtent_img)) return;
  const float value_scale = 1.0F / extent_img;
  if (skeleton) skeleton_.apply(landmarks_img.data(), time_ns, value_scale);
  alignment_.apply(&landmarks_img[kBlazePoseKeypoints], time_ns, value_scale);
}

void BlazePoseSmoother::lose() {
  skeleton_.reset();
  alignment_.reset();
}

void BlazePoseSmoother::reset() {
  lose();
  for (LowPassFilter& filter : visibility_) filter.reset();
}

}  // namespace pose
