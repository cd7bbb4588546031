#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "assignment.h"
#include "trt_pose_peaks.h"

namespace pose {

/** The part affinity field of one link: two planes of height x width cells. */
struct TrtPoseField {
  const float* y = nullptr;
  const float* x = nullptr;
  int height = 0;
  int width = 0;
};

/** Which peaks of two kinds a link joins: for each the position of the other among those of its kind, or -1.
 */
struct TrtPoseConnections {
  std::vector<int16_t> to_of;    ///< one a peak of the first kind
  std::vector<int16_t> from_of;  ///< one a peak of the second kind
};

/** Joins the peaks of two kinds pairwise, so that the sum of the pairs' scores is the greatest.
 *
 * A pair's score is the mean, over 7 samples from one peak to the other, of the field's part in that
 * direction. A sample takes the cell that it falls into. */
class TrtPoseLinkMatcher {
 public:
  void reserve(size_t max_peaks);

  /** The negative scores of all pairs, `from.size()` rows of `to.size()`, valid until the next call. A score
   * that is not finite counts as 0, and none is beyond a million. */
  const float* costs(const TrtPoseField& field, const std::vector<TrtPosePeak>& from,
                     const std::vector<TrtPosePeak>& to);

  /** Of the best pairs those with a score greater than `threshold` >= 0 become connections. */
  void match(const TrtPoseField& field, const std::vector<TrtPosePeak>& from,
             const std::vector<TrtPosePeak>& to, float threshold, TrtPoseConnections& connections);

 private:
  std::vector<float> costs_;
  std::vector<float> to_y_;  ///< places of the second kind, up to a multiple of four
  std::vector<float> to_x_;
  Assignment assignment_;
};

}  // namespace pose
