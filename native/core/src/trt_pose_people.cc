#include "trt_pose_people.h"

#include <algorithm>
#include <array>

namespace pose {
namespace {

constexpr int16_t kNoPeak = -1;

float in_unit_range(float score) { return std::min(std::max(score, 0.0F), 1.0F); }

/** Decides in turn who stays: everybody with more keypoints than a bar, and the first of those at the bar. */
class Cut {
 public:
  Cut(const std::vector<uint8_t>& joints, size_t max_people) : room_at_bar_(max_people) {
    std::array<size_t, kTrtPoseMaxKeypoints + 1> people_with{};
    for (const uint8_t count : joints) ++people_with[count];
    bar_ = people_with.size() - 1;
    while (bar_ > 0 && people_with[bar_] <= room_at_bar_) room_at_bar_ -= people_with[bar_--];
  }
  bool keeps(size_t joints) {
    if (joints != bar_) return joints > bar_;
    return room_at_bar_ > 0 && room_at_bar_-- > 0;
  }

 private:
  size_t bar_ = 0;
  size_t room_at_bar_;
};

}  // namespace

void TrtPosePeople::reserve(size_t keypoints, size_t max_peaks) {
  keypoints_ = keypoints;
  max_peaks_ = max_peaks;
  const size_t nodes = keypoints * max_peaks;
  peaks_.reserve(nodes * keypoints);
  joints_.reserve(nodes);
  seen_.reserve(nodes);
  queue_.reserve(nodes);
}

void TrtPosePeople::assemble(const std::vector<TrtPoseLink>& links, const TrtPoseParts& parts) {
  peaks_.clear();
  joints_.clear();
  seen_.assign(keypoints_ * max_peaks_, 0);
  for (size_t kind = 0; kind < keypoints_; ++kind) {
    for (size_t peak = 0; peak < parts.peaks[kind].size(); ++peak) {
      if (seen_[kind * max_peaks_ + peak] != 0) continue;
      add_person({static_cast<int16_t>(kind), static_cast<int16_t>(peak)}, links, parts);
    }
  }
}

void TrtPosePeople::add_person(Node first, const std::vector<TrtPoseLink>& links, const TrtPoseParts& parts) {
  peaks_.resize(peaks_.size() + keypoints_, kNoPeak);
  int16_t* person = &peaks_[peaks_.size() - keypoints_];
  queue_.clear();
  visit(first.kind, first.peak);
  for (size_t next = 0; next < queue_.size(); ++next) {
    const Node node = queue_[next];
    person[node.kind] = node.peak;
    for (size_t i = 0; i < links.size(); ++i) {
      const auto at = static_cast<size_t>(node.peak);
      if (links[i].from == node.kind) visit(links[i].to, parts.connections[i].to_of[at]);
      if (links[i].to == node.kind) visit(links[i].from, parts.connections[i].from_of[at]);
    }
  }
  const auto absent = std::count(person, person + keypoints_, kNoPeak);
  joints_.push_back(static_cast<uint8_t>(keypoints_ - static_cast<size_t>(absent)));
}

/** Lines a peak up, unless it is none or was seen before. */
void TrtPosePeople::visit(int kind, int16_t peak) {
  if (peak == kNoPeak) return;
  uint8_t& seen = seen_[static_cast<size_t>(kind) * max_peaks_ + static_cast<size_t>(peak)];
  if (seen != 0) return;
  seen = 1;
  queue_.push_back({static_cast<int16_t>(kind), peak});
}

void TrtPosePeople::finish(const TrtPoseParts& parts, const TrtPoseOptions& options,
                           Instances& people_net) const {
  const auto stride = static_cast<float>(options.stride);
  Cut cut(joints_, static_cast<size_t>(options.max_people));
  for (size_t i = 0; i < size(); ++i) {
    if (!cut.keeps(joints_[i])) continue;
    const auto joints = static_cast<float>(joints_[i]);
    Keypoint* keypoints = people_net.append({0.0F, joints, -1});
    float sum = 0.0F;
    for (size_t kind = 0; kind < keypoints_; ++kind) {
      const int16_t position = peaks_of(i)[kind];
      if (position == kNoPeak) continue;
      const TrtPosePeak& peak = parts.peaks[kind][static_cast<size_t>(position)];
      keypoints[kind] = {peak.x_map * stride, peak.y_map * stride, in_unit_range(peak.score)};
      sum += keypoints[kind].score;
    }
    people_net.headers.back().score = in_unit_range(sum / joints);
  }
}

}  // namespace pose
