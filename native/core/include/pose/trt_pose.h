#pragma once

#include <memory>
#include <vector>

#include "pose/instances.h"
#include "pose/tensor.h"

namespace pose {

/** Two kinds of keypoint that a field connects, and the field's channels. */
struct TrtPoseLink {
  int paf_y = 0;  ///< channel of the field's y part; 0 to twice the number of links, exclusive
  int paf_x = 0;  ///< of its x part; another one
  int from = 0;   ///< keypoint that the field points away from; 0..63
  int to = 0;     ///< that it points to; another one
};

struct TrtPoseOptions {
  /** In the order of the fields; empty stands for trt_pose's human_pose: 18 keypoints, 21 links. */
  std::vector<TrtPoseLink> links;
  float peak_threshold = 0.1F;  ///< least value of a peak; above 0, at most 1. jetson-inference takes 0.15
  float link_threshold = 0.1F;  ///< a link's score is greater; 0 to 1
  int window = 5;               ///< of peak search and refinement, cells; odd, 3..15
  int stride = 4;               ///< network-input pixels a map cell; at least 1
  int max_peaks = 100;          ///< of one kind of keypoint; more are cut by score. 1..256
  int max_people = 100;         ///< more are cut by raw_score. 1..256
};

constexpr int kTrtPoseMaxMapSide = 1024;
constexpr int kTrtPoseMaxKeypoints = 64;

/** trt_pose's human_pose topology. */
const std::vector<TrtPoseLink>& trt_pose_human_links();

/** Working memory of decode_trt_pose(), reused from frame to frame. One a thread. */
class TrtPoseArena {
 public:
  struct Buffers;

  TrtPoseArena();
  ~TrtPoseArena();
  TrtPoseArena(TrtPoseArena&&) noexcept;
  TrtPoseArena& operator=(TrtPoseArena&&) noexcept;

  Buffers& buffers() { return *buffers_; }

 private:
  std::unique_ptr<Buffers> buffers_;
};

/** Keypoints a person. Throws std::invalid_argument, with what was expected and found, unless `cmap` is [1,
 * K, H, W] and `paf` [1, 2 L, H, W], where L is the number of links, K at most 64 and enough for the
 * keypoints that they speak of, H and W 1..1024; and for links out of range. */
int check_trt_pose_shapes(const Shape& cmap, const Shape& paf, const TrtPoseOptions& options);

/** Groups the peaks of confidence maps into people by part affinity fields, as NVIDIA's trt_pose does:
 * optimal assignment a link, people are what the links connect; single keypoints are people too.
 *
 *  Equals its ParseObjects number by number up to the caps, which there cut what comes last in the map.
 * Between equally good assignments the choice may differ. Where links lead to two peaks of one kind, a person
 * keeps the one reached last.
 *
 *  `people_net` gets K keypoints an instance in network-input pixels ((refined position + 0.5) * stride) with
 * the map's value at the peak, limited to 1, as score, in the reference's order. raw_score is the number of
 * keypoints. What is not finite is neither a peak nor a link.
 *
 *  Throws std::invalid_argument for shapes, missing data and options out of range. Allocates nothing once
 * arena and `people_net` have seen a frame of the same size. */
void decode_trt_pose(const TensorView& cmap, const TensorView& paf, const TrtPoseOptions& options,
                     TrtPoseArena& arena, Instances& people_net);

}  // namespace pose
