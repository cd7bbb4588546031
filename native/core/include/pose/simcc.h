#pragma once

#include "pose/instances.h"
#include "pose/tensor.h"

namespace pose {

/** What a keypoint's score is, of the maxima of its two axes. */
enum class SimccScore {
  min,  ///< mmpose (get_simcc_maximum)
  mean  ///< rtmlib (RTMPose.postprocess)
};

struct SimccOptions {
  SimccScore score = SimccScore::min;
  float split_ratio = 2.0F;  ///< bins a network-input pixel; kSimccMinSplitRatio..kSimccMaxSplitRatio
};

constexpr float kSimccMinSplitRatio = 0.01F;
constexpr float kSimccMaxSplitRatio = 100.0F;
constexpr int kSimccMaxBins = 16384;
constexpr int kSimccMaxKeypoints = 256;
constexpr int kSimccMaxBatch = 256;

/** Keypoints a person. Throws std::invalid_argument, with what was expected and found, unless the shapes are
 *  [N, K, bins across] and [N, K, bins down]. */
int check_simcc_shapes(const Shape& simcc_x, const Shape& simcc_y);

/** Keypoints of N crops with one person each, from one distribution an axis (SimCC, Li et al. 2022; RTMPose).
 *
 *  `people_net` gets N instances of K keypoints in network-input pixels of their crop: first maximum /
 * split_ratio. A score that is not above 0 makes no keypoint, nor does an axis without a finite bin; bins
 * that are not finite are no maxima. raw_score is the mean of all scores as the references give them, 0 for
 * such an axis; keypoints' scores are limited to 1, and score is the mean of those present.
 *
 *  Throws std::invalid_argument for shapes, missing data and options out of range. Allocates nothing once
 * `people_net` has seen a frame of the same size. */
void decode_simcc(const TensorView& simcc_x, const TensorView& simcc_y, const SimccOptions& options,
                  Instances& people_net);

}  // namespace pose
