#include "associative_embedding_groups.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pose {
namespace {

/** The number of groups is held to what so many kinds of keypoint can begin. COCO's 17 never get there; a
 * network with hundreds that speaks nonsense would take seconds otherwise. */
constexpr int kKindsOfGroups = 17;

float tag_distance(const TagPeak& peak, const TagGroup& group) { return std::fabs(peak.tag - group.tag); }

}  // namespace

void TagGroup::add(const TagPeak& peak) {
  // Running means, step by step as the reference forms them.
  const auto before = static_cast<float>(count);
  const auto after = static_cast<float>(++count);
  tag = (tag * before + peak.tag) / after;
  x_map = (x_map * before + static_cast<float>(peak.x_map)) / after;
  y_map = (y_map * before + static_cast<float>(peak.y_map)) / after;
  score_sum += peak.score;
}

void TagGrouping::start(int keypoints, int max_people) {
  const int most = std::min(keypoints, kKindsOfGroups) * max_people;
  const auto peaks = static_cast<size_t>(max_people);
  keypoints_ = static_cast<size_t>(keypoints);
  max_groups_ = static_cast<size_t>(most);
  groups_.clear();
  groups_.reserve(max_groups_);
  members_.clear();
  members_.reserve(max_groups_ * keypoints_);
  distances_.resize(peaks);
  costs_.resize(peaks * max_groups_);
  assignment_.reserve(max_people, most);
}

void TagGrouping::add_kind(int kind, const std::vector<TagPeak>& peaks,
                           const AssociativeEmbeddingOptions& options) {
  if (peaks.empty() || groups_.size() == static_cast<size_t>(options.max_people)) return;
  const size_t known = groups_.size();
  const int* group_of_peak = nullptr;
  if (known > 0) {
    price(peaks, options.tag_threshold);
    group_of_peak = assignment_.solve(costs_.data(), static_cast<int>(peaks.size()), static_cast<int>(known));
  }
  for (size_t i = 0; i < peaks.size(); ++i) {
    // The mean moves as peaks join, but a group gets one at most.
    const int group = group_of_peak != nullptr ? group_of_peak[i] : -1;
    if (group >= 0 && tag_distance(peaks[i], groups_[static_cast<size_t>(group)]) < options.tag_threshold) {
      join(static_cast<size_t>(group), kind, peaks, i);
    } else {
      begin_group(kind, peaks, i);
    }
  }
}

/** A tag that is near counts more the further its peak lies from the centre of the group, compared with the
 * peak that is nearest to it. */
void TagGrouping::price(const std::vector<TagPeak>& peaks, float tag_threshold) {
  for (size_t j = 0; j < groups_.size(); ++j) {
    const TagGroup& group = groups_[j];
    float least = std::numeric_limits<float>::max();
    for (size_t i = 0; i < peaks.size(); ++i) {
      const float dx = static_cast<float>(peaks[i].x_map) - group.x_map;
      const float dy = static_cast<float>(peaks[i].y_map) - group.y_map;
      distances_[i] = std::sqrt(dx * dx + dy * dy);
      least = std::min(least, distances_[i]);
    }
    for (size_t i = 0; i < peaks.size(); ++i) {
      float difference = tag_distance(peaks[i], group);
      if (difference < tag_threshold) difference *= distances_[i] / (least + 1e-10F);
      costs_[i * groups_.size() + j] = std::round(difference) * 100.0F - peaks[i].score;
    }
  }
}

void TagGrouping::begin_group(int kind, const std::vector<TagPeak>& peaks, size_t peak) {
  if (groups_.size() == max_groups_) return;
  groups_.emplace_back();
  members_.resize(members_.size() + keypoints_, kNoPeak);
  join(groups_.size() - 1, kind, peaks, peak);
}

void TagGrouping::join(size_t group, int kind, const std::vector<TagPeak>& peaks, size_t peak) {
  groups_[group].add(peaks[peak]);
  members_[group * keypoints_ + static_cast<size_t>(kind)] = static_cast<int16_t>(peak);
}

}  // namespace pose
