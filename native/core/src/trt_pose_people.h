#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pose/instances.h"
#include "pose/trt_pose.h"
#include "trt_pose_links.h"
#include "trt_pose_peaks.h"

namespace pose {

/** What one frame's people are made of: peaks by kind of keypoint, and connections by link. */
struct TrtPoseParts {
  std::vector<std::vector<TrtPosePeak>> peaks;
  std::vector<TrtPoseConnections> connections;
};

/** Puts people together: each is what can be reached from a peak over connections, breadth first.
 *
 * They come in the order of their first peaks, kind by kind. Where two peaks of one kind belong to a person,
 * it keeps the one reached last, as the reference does. */
class TrtPosePeople {
 public:
  void reserve(size_t keypoints, size_t max_peaks);
  void assemble(const std::vector<TrtPoseLink>& links, const TrtPoseParts& parts);

  size_t size() const { return joints_.size(); }
  /** For each kind of keypoint the position among its peaks, or -1. */
  const int16_t* peaks_of(size_t person) const { return &peaks_[person * keypoints_]; }

  /** Appends everybody to `people_net`; of more than `max_people` those with the most keypoints. */
  void finish(const TrtPoseParts& parts, const TrtPoseOptions& options, Instances& people_net) const;

 private:
  struct Node {
    int16_t kind;
    int16_t peak;
  };

  void add_person(Node first, const std::vector<TrtPoseLink>& links, const TrtPoseParts& parts);
  void visit(int kind, int16_t peak);

  size_t keypoints_ = 0;
  size_t max_peaks_ = 0;
  std::vector<int16_t> peaks_;   ///< `keypoints_` a person
  std::vector<uint8_t> joints_;  ///< keypoints of each person
  std::vector<uint8_t> seen_;    ///< a flag a node
  std::vector<Node> queue_;
};

}  // namespace pose
