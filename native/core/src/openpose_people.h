#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "openpose_limbs.h"
#include "openpose_peaks.h"
#include "pose/instances.h"
#include "pose/openpose.h"

namespace pose {

using PeaksByKeypoint = std::array<std::vector<Peak>, kOpenPoseKeypoints>;

/** Puts people together, limb by limb. */
class PeopleAssembler {
 public:
  void reserve(size_t max_peaks);
  void clear() { people_.clear(); }

  /** Takes in the connections of limb `index` of kOpenPoseLimbs. To be called for every limb, in order. */
  void add_limb(size_t index, const PeaksByKeypoint& peaks, const std::vector<Connection>& connections);

  /** Appends those with enough keypoints and score to `people_net`; at most `max_people`, cut by raw score.
   */
  void finish(const PeaksByKeypoint& peaks, size_t max_people, Instances& people_net);

 private:
  struct Person {
    std::array<int16_t, kOpenPoseKeypoints> peaks;  ///< position among the peaks of the kind, or -1
    int joints = 0;
    float score = 0.0F;
  };

  void add_lone_peaks(size_t keypoint, const std::vector<Peak>& peaks);
  void fill_gaps(const Limb& limb, const std::vector<Connection>& connections);
  void extend(const Limb& limb, const PeaksByKeypoint& peaks, const std::vector<Connection>& connections);
  Person& append();

  std::vector<Person> people_;
  std::vector<float> raw_scores_;
};

}  // namespace pose
