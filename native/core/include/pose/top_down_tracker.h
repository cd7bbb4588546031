#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pose/detections.h"
#include "pose/instances.h"
#include "pose/track_ids.h"

namespace pose {

struct TopDownTrackerOptions {
  int detector_interval = 5;
  float keypoint_threshold = 0.3F;
  int max_people = 8;
};

struct ImageSize {
  int width = 0;
  int height = 0;
};

/** People of one camera from frame to frame, without the networks: says where to look, takes what was found.
 *
 * A frame is `begin_frame()`, the pose network on every one of `boxes()`, `finish_frame()`. A frame that is
 * begun and never finished leaves no trace.
 *
 * Between two looks of the detector a person's box is the hull of its keypoints of at least
 * keypoint_threshold, padded as a detector's box is (it also holds the crown, hands and feet). The detector's
 * boxes take over from those they overlap most, so that a person keeps its id. Somebody whose keypoints fade,
 * or whom the detector misses time after time, is given up. */
class TopDownTracker {
 public:
  explicit TopDownTracker(const TopDownTrackerOptions& options) : options_(options) {}

  /** Whether the next frame needs the detector: nobody is followed, somebody was just lost, or it is time. */
  bool wants_detections() const;

  /** Collects the boxes to look at: those of the people who are followed, oldest first, then those of
   * `detections_img` (best first; null when the detector did not run) that are nobody's, up to max_people. */
  void begin_frame(const std::vector<Detection>* detections_img);
  /** In image pixels. */
  const std::vector<Detection>& boxes() const { return boxes_; }

  /** Takes what the network found in each of `boxes()`, one instance a box in image pixels, and appends the
   * people to `people_img` with their ids. Of those who turn out to be one person the best score stays, under
   * the oldest id. */
  void finish_frame(const Instances& looked_at_img, const ImageSize& image, Instances& people_img);

  /** Gives up everybody. Ids are not used again. */
  void forget();

 private:
  struct Person {
    int32_t id = 0;  ///< 0: new
    Detection box_img;
    int missed_searches = 0;
    bool detected = false;  ///< in the frame that has begun
  };
  struct Pair {
    float iou;
    size_t person;
    size_t detection;
  };

  void match(const std::vector<Detection>& detections_img);
  void add_new(const std::vector<Detection>& detections_img);
  bool carry_on(const Instances& looked_at_img, size_t index, const ImageSize& image);
  void drop_repeated(const Instances& looked_at_img);

  TopDownTrackerOptions options_;
  std::vector<Person> people_;     ///< followed
  std::vector<Person> looked_at_;  ///< in the frame that has begun
  std::vector<Detection> boxes_;
  std::vector<Pair> pairs_;
  std::vector<bool> is_taken_;  ///< of the detections
  std::vector<bool> is_found_;  ///< of those looked at
  std::vector<size_t> by_score_;
  bool searched_ = false;
  bool lost_somebody_ = false;
  int frames_since_search_ = 0;
  TrackIds ids_;
};

}  // namespace pose
