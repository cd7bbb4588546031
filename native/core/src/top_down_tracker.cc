#include "pose/top_down_tracker.h"

#include <algorithm>
#include <cmath>

namespace pose {
namespace {

/** A detector's box and that of the keypoints of the same person overlap by far more. */
constexpr float kSameBox = 0.3F;
/** Two people in an embrace overlap by less; two crops of one person end up with nearly equal keypoints. */
constexpr float kSamePerson = 0.75F;
/** Searches that may miss a person who is followed: the networks see clutter as a person, but not all see the
 * same. */
constexpr int kMaxMissedSearches = 3;
/** A hull of fewer keypoints says nothing of a person's size. */
constexpr int kMinKeypoints = 3;
/** Of the hull's longer side, on every side: crown above the eyes, feet below the ankles, hands. */
constexpr float kHullPadding = 0.1F;
/** How much a side may change from frame to frame. Shrinking is the danger: keypoints that fade for a moment
 *  would pull the box in, and the next crop would cut off what they belong to. */
constexpr float kMinGrowth = 0.8F;
constexpr float kMaxGrowth = 1.5F;
/** There is no person in less, px. */
constexpr float kMinSide_img = 4.0F;
/** Beyond it there is no pixel arithmetic. */
constexpr float kFarthest_img = 1e6F;

struct Range {
  float low;
  float high;
};

/** Padded, of a size not too far from that of `before`, within 0..size. */
Range carry_side(const Range& hull, float padding, const Range& before, float size) {
  const float side = before.high - before.low;
  const float wanted = hull.high - hull.low + 2.0F * padding;
  const float half = std::clamp(wanted, side * kMinGrowth, side * kMaxGrowth) / 2.0F;
  const float centre = (hull.low + hull.high) / 2.0F;
  return {std::clamp(centre - half, 0.0F, size), std::clamp(centre + half, 0.0F, size)};
}

bool is_usable(const Detection& box) {
  const bool finite = std::isfinite(box.x_min) && std::isfinite(box.y_min) && std::isfinite(box.x_max) &&
                      std::isfinite(box.y_max);
  const bool near = std::max({std::abs(box.x_min), std::abs(box.y_min), std::abs(box.x_max),
                              std::abs(box.y_max)}) <= kFarthest_img;
  return finite && near && box.x_max - box.x_min >= kMinSide_img && box.y_max - box.y_min >= kMinSide_img;
}

/** Keypoints that carry a box on, and the hull of them. */
struct Hull {
  int keypoints = 0;
  Range x{0.0F, 0.0F};
  Range y{0.0F, 0.0F};

  void add(const Keypoint& keypoint_img) {
    const bool first = keypoints++ == 0;
    x.low = first ? keypoint_img.x : std::min(x.low, keypoint_img.x);
    x.high = first ? keypoint_img.x : std::max(x.high, keypoint_img.x);
    y.low = first ? keypoint_img.y : std::min(y.low, keypoint_img.y);
    y.high = first ? keypoint_img.y : std::max(y.high, keypoint_img.y);
  }
};

}  // namespace

bool TopDownTracker::wants_detections() const {
  return people_.empty() || lost_somebody_ || frames_since_search_ >= options_.detector_interval - 1;
}

void TopDownTracker::begin_frame(const std::vector<Detection>* detections_img) {
  looked_at_ = people_;
  searched_ = detections_img != nullptr;
  for (Person& person : looked_at_) person.detected = false;
  if (searched_) {
    is_taken_.assign(detections_img->size(), false);
    match(*detections_img);
    add_new(*detections_img);
  }
  boxes_.clear();
  for (const Person& person : looked_at_) boxes_.push_back(person.box_img);
}

/** Gives detections to people who are followed: the pairs that overlap most first. */
void TopDownTracker::match(const std::vector<Detection>& detections_img) {
  pairs_.clear();
  for (size_t person = 0; person < looked_at_.size(); ++person) {
    for (size_t detection = 0; detection < detections_img.size(); ++detection) {
      const float iou = overlap(looked_at_[person].box_img, detections_img[detection]);
      if (iou >= kSameBox && is_usable(detections_img[detection])) pairs_.push_back({iou, person, detection});
    }
  }
  std::sort(pairs_.begin(), pairs_.end(), [](const Pair& a, const Pair& b) {
    if (a.iou != b.iou) return a.iou > b.iou;
    return a.person != b.person ? a.person < b.person : a.detection < b.detection;
  });
  for (const Pair& pair : pairs_) {
    Person& person = looked_at_[pair.person];
    if (person.detected || is_taken_[pair.detection]) continue;
    is_taken_[pair.detection] = true;
    person.box_img = detections_img[pair.detection];
    person.detected = true;
  }
  for (Person& person : looked_at_) person.missed_searches = person.detected ? 0 : person.missed_searches + 1;
  looked_at_.erase(
      std::remove_if(looked_at_.begin(), looked_at_.end(),
                     [](const Person& person) { return person.missed_searches > kMaxMissedSearches; }),
      looked_at_.end());
}

void TopDownTracker::add_new(const std::vector<Detection>& detections_img) {
  for (size_t i = 0; i < detections_img.size(); ++i) {
    if (looked_at_.size() >= static_cast<size_t>(options_.max_people)) return;
    if (is_taken_[i] || !is_usable(detections_img[i])) continue;
    Person person;
    person.box_img = detections_img[i];
    person.detected = true;
    looked_at_.push_back(person);
  }
}

/** Moves a person's box to its keypoints; false where there is nobody any more. */
bool TopDownTracker::carry_on(const Instances& looked_at_img, size_t index, const ImageSize& image) {
  Person& person = looked_at_[index];
  const Keypoint* keypoints = looked_at_img.keypoints_of(index);
  Hull hull;
  bool has_keypoints = false;
  for (int i = 0; i < looked_at_img.keypoint_count; ++i) {
    if (!keypoints[i].present()) continue;
    has_keypoints = true;
    if (keypoints[i].score >= options_.keypoint_threshold) hull.add(keypoints[i]);
  }
  const bool seen_by_detector = person.detected && has_keypoints;
  if (hull.keypoints < std::min(kMinKeypoints, looked_at_img.keypoint_count)) return seen_by_detector;
  const Detection& before = person.box_img;
  const float padding = kHullPadding * std::max(hull.x.high - hull.x.low, hull.y.high - hull.y.low);
  const Range x = carry_side(hull.x, padding, {before.x_min, before.x_max}, static_cast<float>(image.width));
  const Range y = carry_side(hull.y, padding, {before.y_min, before.y_max}, static_cast<float>(image.height));
  const Detection after{looked_at_img.headers[index].score, x.low, y.low, x.high, y.high};
  if (!is_usable(after)) return seen_by_detector;
  person.box_img = after;
  return true;
}

void TopDownTracker::drop_repeated(const Instances& looked_at_img) {
  by_score_.clear();
  for (size_t i = 0; i < looked_at_.size(); ++i) {
    if (is_found_[i]) by_score_.push_back(i);
  }
  // Equal scores in their order: those who are followed come first.
  std::sort(by_score_.begin(), by_score_.end(), [&looked_at_img](size_t a, size_t b) {
    const float score_a = looked_at_img.headers[a].score;
    const float score_b = looked_at_img.headers[b].score;
    return score_a != score_b ? score_a > score_b : a < b;
  });
  for (size_t i = 0; i < by_score_.size(); ++i) {
    Person& kept = looked_at_[by_score_[i]];
    if (!is_found_[by_score_[i]]) continue;
    for (size_t j = i + 1; j < by_score_.size(); ++j) {
      const Person& other = looked_at_[by_score_[j]];
      if (!is_found_[by_score_[j]] || overlap(kept.box_img, other.box_img) <= kSamePerson) continue;
      is_found_[by_score_[j]] = false;
      if (kept.id == 0) kept.id = other.id;  // found anew, and followed already
    }
  }
}

void TopDownTracker::finish_frame(const Instances& looked_at_img, const ImageSize& image,
                                  Instances& people_img) {
  is_found_.assign(looked_at_.size(), false);
  bool lost_somebody = false;
  for (size_t i = 0; i < looked_at_.size(); ++i) {
    is_found_[i] = carry_on(looked_at_img, i, image);
    lost_somebody = lost_somebody || (!is_found_[i] && looked_at_[i].id > 0);
  }
  drop_repeated(looked_at_img);
  people_.clear();
  for (size_t i = 0; i < looked_at_.size(); ++i) {
    if (!is_found_[i]) continue;
    Person& person = looked_at_[i];
    if (person.id == 0) person.id = ids_.take();
    Instances::Header header = looked_at_img.headers[i];
    header.track_id = person.id;
    Keypoint* keypoints = people_img.append(header);
    std::copy_n(looked_at_img.keypoints_of(i), looked_at_img.keypoint_count, keypoints);
    people_.push_back(person);
  }
  lost_somebody_ = lost_somebody;
  frames_since_search_ = searched_ ? 0 : frames_since_search_ + 1;
}

void TopDownTracker::forget() {
  people_.clear();
  lost_somebody_ = false;
  frames_since_search_ = 0;
}

}  // namespace pose
