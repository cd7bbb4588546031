#include "pose/blazepose_tracker.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace pose {
namespace {

/** People shoulder to shoulder are 0.2 sides of their squares apart, and more. */
constexpr float kSameCentre = 0.15F;
constexpr float kSameSize = 0.6F;
/** Two looks at one body differ by a few hundredths of a side at most. */
constexpr float kSameLandmarks = 0.1F;

/** Whether two squares show one body. Only a first guess, which saves the landmark network a run: what slips
 *  through is seen by its landmarks. */
bool shows_same_body(const Roi& a, const Roi& b) {
  const float smaller = std::min(a.side_img, b.side_img);
  const float larger = std::max(a.side_img, b.side_img);
  const float distance = std::hypot(a.x_img - b.x_img, a.y_img - b.y_img);
  return distance < kSameCentre * smaller && smaller > kSameSize * larger;
}

/** Whether two sets of landmarks lie on one body: mean distance, in sides of the smaller square. */
bool is_same_body(const BlazePoseLandmarks& a_img, const BlazePoseLandmarks& b_img, float side_img) {
  float sum = 0.0F;
  for (size_t i = 0; i < kBlazePoseKeypoints; ++i) {
    sum += std::hypot(a_img[i].x - b_img[i].x, a_img[i].y - b_img[i].y);
  }
  return sum < kSameLandmarks * side_img * static_cast<float>(kBlazePoseKeypoints);
}

void append_person(const BlazePoseBody& body_img, int32_t id, Instances& people_img) {
  float score_sum = 0.0F;
  for (size_t i = 0; i < kBlazePoseKeypoints; ++i) score_sum += body_img.landmarks[i].visibility;
  Keypoint* keypoints =
      people_img.append({score_sum / static_cast<float>(kBlazePoseKeypoints), body_img.flag, id});
  for (size_t i = 0; i < kBlazePoseKeypoints; ++i) {
    const BlazePoseLandmark& landmark = body_img.landmarks[i];
    keypoints[i] = {landmark.x, landmark.y, landmark.visibility};
  }
}

}  // namespace

bool BlazePoseTracker::wants_detections() const {
  if (tracks_.empty()) return true;
  if (tracks_.size() >= static_cast<size_t>(options_.max_people)) return false;
  return lost_somebody_ || frames_since_search_ >= options_.detector_interval - 1;
}

void BlazePoseTracker::begin_frame(const std::vector<BlazePoseDetection>* detections_img) {
  rois_.clear();
  for (const Track& track : tracks_) rois_.push_back(track.next_roi);
  searched_ = detections_img != nullptr;
  if (!searched_) return;
  for (const BlazePoseDetection& detection : *detections_img) {
    if (rois_.size() >= static_cast<size_t>(options_.max_people)) return;
    const Roi roi = roi_from_detection(detection);
    if (!is_usable(roi)) continue;
    const bool known = std::any_of(rois_.begin(), rois_.end(),
                                   [&roi](const Roi& other) { return shows_same_body(roi, other); });
    if (!known) rois_.push_back(roi);
  }
}

/** Marks those as not found that lie on a body earlier in the list. */
void BlazePoseTracker::drop_repeated(std::vector<BlazePoseBody>& bodies_img) const {
  for (size_t younger = 1; younger < bodies_img.size(); ++younger) {
    for (size_t older = 0; bodies_img[younger].found && older < younger; ++older) {
      const float side_img = std::min(rois_[older].side_img, rois_[younger].side_img);
      if (bodies_img[older].found &&
          is_same_body(bodies_img[older].landmarks, bodies_img[younger].landmarks, side_img)) {
        bodies_img[younger].found = false;
      }
    }
  }
}

void BlazePoseTracker::finish_frame(std::vector<BlazePoseBody>& bodies_img, int64_t time_ns,
                                    Instances& people_img) {
  drop_repeated(bodies_img);
  if (options_.static_image) return finish_static(bodies_img, people_img);
  // No further than it matters: with one person who stays, nobody searches for years.
  frames_since_search_ = searched_ ? 0 : std::min(frames_since_search_ + 1, options_.detector_interval);
  lost_somebody_ = false;
  const size_t tracked = tracks_.size();
  size_t kept = 0;
  for (size_t i = 0; i < bodies_img.size(); ++i) {
    BlazePoseBody& body = bodies_img[i];
    const bool is_new = i >= tracked;
    if (!body.found) {
      lost_somebody_ = lost_somebody_ || !is_new;
      if (!is_new) end_track(tracks_[i]);
      continue;
    }
    Track track = is_new ? start_track() : std::move(tracks_[i]);
    track.smoother->apply(body.landmarks, time_ns, options_.smooth);
    append_person(body, track.id, people_img);
    track.next_roi = roi_from_landmarks(body.landmarks);
    if (!is_usable(track.next_roi)) {
      lost_somebody_ = true;
      end_track(track);
    } else if (kept < tracks_.size()) {
      tracks_[kept++] = std::move(track);
    } else {
      tracks_.push_back(std::move(track));
      ++kept;
    }
  }
  tracks_.erase(tracks_.begin() + static_cast<ptrdiff_t>(kept), tracks_.end());
}

BlazePoseTracker::Track BlazePoseTracker::start_track() {
  Track track{ids_.take(), Roi(), nullptr};
  if (spare_smoothers_.empty()) {
    track.smoother = std::make_unique<BlazePoseSmoother>();
  } else {
    track.smoother = std::move(spare_smoothers_.back());
    spare_smoothers_.pop_back();
  }
  return track;
}

void BlazePoseTracker::end_track(Track& track) {
  if (options_.max_people == 1) {
    track.smoother->lose();  // whoever comes next is taken for the same person, as in MediaPipe's graph
  } else {
    track.smoother->reset();
  }
  spare_smoothers_.push_back(std::move(track.smoother));
}

void BlazePoseTracker::finish_static(const std::vector<BlazePoseBody>& bodies_img,
                                     Instances& people_img) const {
  for (const BlazePoseBody& body : bodies_img) {
    if (body.found) append_person(body, -1, people_img);
  }
}

void BlazePoseTracker::forget() {
  tracks_.clear();
  spare_smoothers_.clear();
  lost_somebody_ = false;
  frames_since_search_ = 0;
}

}  // namespace pose
