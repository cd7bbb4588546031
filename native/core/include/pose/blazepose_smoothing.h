#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pose/blazepose_landmarks.h"
#include "pose/one_euro.h"

namespace pose {

/** MediaPipe's parameters. World landmarks are metres and are filtered with a value scale of 1. */
constexpr OneEuroOptions kBlazePoseLandmarkFilter{0.05, 80.0, 1.0};
constexpr OneEuroOptions kBlazePoseAlignmentFilter{0.01, 10.0, 1.0};
constexpr OneEuroOptions kBlazePoseWorldFilter{0.1, 40.0, 1.0};

/** One-Euro filters of x, y and z of `count` points that move together. */
class PointSmoother {
 public:
  PointSmoother(size_t count, const OneEuroOptions& options) : options_(options), filters_(count) {}

  /** Smooths the points in place. At a time that is not later than the one before they stay as they are. */
  void apply(BlazePoseLandmark* points, int64_t time_ns, float value_scale);
  void reset();

 private:
  OneEuroOptions options_;
  std::vector<std::array<OneEuroFilter, 3>> filters_;
  bool has_time_ = false;
  int64_t last_time_ns_ = 0;
};

/** All filters of one tracked body: positions of the skeleton, its visibility, and the alignment points. */
class BlazePoseSmoother {
 public:
  BlazePoseSmoother()
      : skeleton_(kBlazePoseKeypoints, kBlazePoseLandmarkFilter),
        alignment_(kBlazePoseLandmarks - kBlazePoseKeypoints, kBlazePoseAlignmentFilter) {}

  /** Smooths landmarks in image pixels, in place; the skeleton only when `skeleton` is set, the alignment
   * points always. Speeds are relative to the size of the body: twice the distance of the unsmoothed
   * alignment points. */
  void apply(BlazePoseLandmarks& landmarks_img, int64_t time_ns, bool skeleton);
  /** The body was lost: positions start anew. Visibility does not, as in MediaPipe's graph, where an absent
   * body never reaches that filter. */
  void lose();
  /** Starts anew for another body. */
  void reset();

 private:
  PointSmoother skeleton_;
  PointSmoother alignment_;
  std::array<LowPassFilter, kBlazePoseKeypoints> visibility_;
};

}  // namespace pose
