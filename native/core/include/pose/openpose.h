#pragma once

#include <memory>

#include "pose/instances.h"
#include "pose/tensor.h"

namespace pose {

/** Nose, neck, right shoulder, elbow, wrist, left ones, right hip, knee, ankle, left ones, right eye, left
 * eye, right ear, left ear. */
constexpr int kOpenPoseKeypoints = 18;
constexpr int kOpenPoseHeatmapChannels = 19;  ///< one a keypoint, then the background
constexpr int kOpenPosePafChannels = 38;      ///< x and y of 19 limbs
/** Network-input pixels a map cell. */
constexpr int kOpenPoseStride = 8;
/** Largest height and width of a map that is decoded, cells. */
constexpr int kOpenPoseMaxMapSide = 1024;
constexpr int kOpenPoseMaxPeaks = 1024;

/** How many of the 10 samples along a limb must agree with its field. */
enum class LimbRatio {
  all,  ///< 10 of 10: Open Model Zoo's C++ demo, whose ratio is an integer division
  most  ///< 9 of 10: Open Model Zoo's Python demo and accuracy checker ("more than 0.8")
};

struct OpenPoseOptions {
  float peak_threshold = 0.1F;  ///< least heatmap value of a keypoint; above 0, at most 1
  LimbRatio limb_ratio = LimbRatio::all;
  int max_peaks = 128;  ///< of one kind of keypoint; more are cut by score. 1..1024
  int max_people = 64;  ///< more are cut by raw_score; at least 1
};

/** Working memory of decode_openpose(), reused from frame to frame. One a thread. */
class OpenPoseArena {
 public:
  struct Buffers;

  OpenPoseArena();
  ~OpenPoseArena();
  OpenPoseArena(OpenPoseArena&&) noexcept;
  OpenPoseArena& operator=(OpenPoseArena&&) noexcept;

  Buffers& buffers() { return *buffers_; }

 private:
  std::unique_ptr<Buffers> buffers_;
};

/** Throws std::invalid_argument, with what was expected and found, unless `heatmaps` is [1, 19 or 18, H, W]
 * and `pafs` [1, 38, H, W] with H and W in 1..1024. Cheap; decode_openpose() calls it for every frame. */
void check_openpose_shapes(const Shape& heatmaps, const Shape& pafs);

/** Groups the peaks of part heatmaps into people, by part affinity fields.
 *
 * Equals Open Model Zoo's C++ demo (HPEOpenPose::postprocess) number by number: maps enlarged 4 times by
 * bicubic interpolation, strict maxima, greedy limbs, no merging. It enlarges only where a peak is possible,
 * and fields only where they are sampled, so that the result is the same at a fraction of the work.
 *
 * `people_net` gets 18 keypoints an instance in network-input pixels, a score a keypoint (its heatmap value)
 * and as raw_score the reference's own figure, in the reference's order. Maps may hold any values: what is
 * not finite makes neither a keypoint nor a limb.
 *
 * Throws std::invalid_argument for shapes (check_openpose_shapes), missing data and options out of range.
 * Allocates nothing once arena and `people_net` have seen a frame of the same size. */
void decode_openpose(const TensorView& heatmaps, const TensorView& pafs, const OpenPoseOptions& options,
                     OpenPoseArena& arena, Instances& people_net);

}  // namespace pose
