#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "assignment.h"
#include "associative_embedding_peaks.h"

namespace pose {

/** Keypoints that are taken for one person's. */
struct TagGroup {
  float tag = 0.0F;    ///< mean of the keypoints
  float x_map = 0.0F;  ///< of their centre
  float y_map = 0.0F;
  float score_sum = 0.0F;
  int count = 0;

  void add(const TagPeak& peak);
};

/** Puts people together, one kind of keypoint after the other. */
class TagGrouping {
 public:
  static constexpr int16_t kNoPeak = -1;

  /** To be called before the first kind. Allocates when a number grows. */
  void start(int keypoints, int max_people);

  /** Gives each of the peaks to a group whose tag is near, such that all together cost least, or else to a
   * group of its own. As the reference does, leaves the peaks out where there are exactly `max_people`
   * groups. */
  void add_kind(int kind, const std::vector<TagPeak>& peaks, const AssociativeEmbeddingOptions& options);

  size_t max_groups() const { return max_groups_; }
  /** In the order in which they began. */
  const std::vector<TagGroup>& groups() const { return groups_; }
  /** Position of a group's keypoint among the peaks of its kind, or kNoPeak. */
  int16_t peak_of(size_t group, int kind) const {
    return members_[group * keypoints_ + static_cast<size_t>(kind)];
  }

 private:
  void price(const std::vector<TagPeak>& peaks, float tag_threshold);
  void begin_group(int kind, const std::vector<TagPeak>& peaks, size_t peak);
  void join(size_t group, int kind, const std::vector<TagPeak>& peaks, size_t peak);

  size_t keypoints_ = 0;
  size_t max_groups_ = 0;
  std::vector<TagGroup> groups_;
  std::vector<int16_t> members_;  ///< a row of keypoints_ a group
  std::vector<float> distances_;  ///< of the peaks from the centre of a group, cells
  std::vector<float> costs_;      ///< peaks x groups
  Assignment assignment_;
};

}  // namespace pose
