#pragma once

#include "pose/instances.h"
#include "pose/tensor.h"

namespace pose {

/** What a keypoint's score is, of the maxima of its two axes. */
enum class SimccScore {
  min,  ///< mmpose
  mean  ///< rtmlib
};

struct SimccOptions {
  SimccScore score = SimccScore::min;
  float split_ratio = 2.0F;  ///< bins a network-input pixel; above 0
};

constexpr int kSimccMaxBins = 16384;
constexpr int kSimccMaxKeypoints = 256;
constexpr int kSimccMaxBatch = 256;

/** Keypoints a person. Throws std::invalid_argument, with what was expected and found, unless the shapes are
 *  [N, K, bins across] and [N, K, bins down]. */
int check_simcc_shapes(const Shape& simcc_x, const Shape& simcc_y);

/** Keypoints of N crops with one person each, from one distribution an axis (SimCC, Li et al. 2022; RTMPose).
 *
 *  `people_net` gets N instances of K keypoints in network-input pixels of their crop: first maximum /
 * split_ratio. A score that is not above 0 makes no keypoint. raw_score is the mean of all scores as the
 * references give them, score that of the present keypoints, limited to [0, 1].
 *
 *  Throws std::invalid_argument for shapes, missing data and options out of range. Allocates nothing once
 * `people_net` has seen a frame of the same size. */
void decode_simcc(const TensorView& simcc_x, const TensorView& simcc_y, const SimccOptions& options,
                  Instances& people_net);

}  // namespace pose
