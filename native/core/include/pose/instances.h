#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace pose {

/** One body point. An absent keypoint has x = y = NaN and score 0. */
struct Keypoint {
  float x = std::numeric_limits<float>::quiet_NaN();
  float y = std::numeric_limits<float>::quiet_NaN();
  float score = 0.0F;

  bool present() const { return !std::isnan(x); }
};

/** What a decoder found in one frame.
 *
 * Flat arrays that are reused from frame to frame: `clear()` keeps their capacity, so that steady decoding
 * allocates nothing. Instance i owns keypoints [i * keypoint_count, (i + 1) * keypoint_count). Which space
 * the coordinates are in (network input or image) is stated by the function that fills them.
 */
struct Instances {
  struct Header {
    float score = 0.0F;      ///< mean score of the present keypoints, in [0, 1]
    float raw_score = 0.0F;  ///< the reference implementation's own figure
    int32_t track_id = -1;   ///< -1 where the family does not track
  };

  int keypoint_count = 0;
  std::vector<Header> headers;
  std::vector<Keypoint> keypoints;

  size_t size() const { return headers.size(); }
  void clear(int keypoints_per_instance) {
    keypoint_count = keypoints_per_instance;
    headers.clear();
    keypoints.clear();
  }
  /** Appends an instance of absent keypoints and returns its first keypoint. */
  Keypoint* append(const Header& header) {
    headers.push_back(header);
    keypoints.resize(keypoints.size() + static_cast<size_t>(keypoint_count));
    return &keypoints[keypoints.size() - static_cast<size_t>(keypoint_count)];
  }
  Keypoint* keypoints_of(size_t instance) {
    return &keypoints[instance * static_cast<size_t>(keypoint_count)];
  }
  const Keypoint* keypoints_of(size_t instance) const {
    return &keypoints[instance * static_cast<size_t>(keypoint_count)];
  }
};

}  // namespace pose
