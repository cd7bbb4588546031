#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pose/blazepose_detector.h"
#include "pose/blazepose_landmarks.h"
#include "pose/blazepose_smoothing.h"
#include "pose/instances.h"
#include "pose/roi.h"
#include "pose/track_ids.h"

namespace pose {

struct BlazePoseTrackerOptions {
  int max_people = 4;  ///< 1 is MediaPipe's own graph
  bool smooth = true;
  bool static_image = false;  ///< every frame stands alone: no tracks, no smoothing, ids of -1
  int detector_interval =
      10;  ///< frames between searches for further people while fewer than max_people are tracked
};

/** Bodies of one camera from frame to frame, without the networks: says what to look at, takes what was
 * found.
 *
 * A frame is `begin_frame()`, the landmark network on every one of `rois()`, `finish_frame()`. A frame that
 * is begun and never finished leaves no trace. */
class BlazePoseTracker {
 public:
  explicit BlazePoseTracker(const BlazePoseTrackerOptions& options) : options_(options) {}

  /** Whether the next frame needs the detector: nobody is tracked, somebody was just lost, or it is time to
   *  search for further people. With max_people 1 only the first. */
  bool wants_detections() const;

  /** Collects the squares to look at: those of the tracked bodies, oldest first, then those of
   * `detections_img` (best first; null when the detector did not run) that show nobody tracked, up to
   * max_people. */
  void begin_frame(const std::vector<BlazePoseDetection>* detections_img);
  const std::vector<Roi>& rois() const { return rois_; }

  /** Takes what the network found in each of `rois()`, landmarks in image pixels, and appends the people to
   *  `people_img` (33 keypoints, score = visibility). Bodies not found are given up. Of two that turn out to
   * be the same, the older stays. `bodies_img` is smoothed in place. */
  void finish_frame(std::vector<BlazePoseBody>& bodies_img, int64_t time_ns, Instances& people_img);

  /** Gives up everybody. Ids are not used again. */
  void forget();

 private:
  struct Track {
    int32_t id;
    Roi next_roi;
    std::unique_ptr<BlazePoseSmoother> smoother;
  };

  void drop_repeated(std::vector<BlazePoseBody>& bodies_img) const;
  Track start_track();
  void end_track(Track& track);
  void finish_static(const std::vector<BlazePoseBody>& bodies_img, Instances& people_img) const;

  BlazePoseTrackerOptions options_;
  std::vector<Track> tracks_;
  std::vector<std::unique_ptr<BlazePoseSmoother>> spare_smoothers_;
  std::vector<Roi> rois_;
  bool searched_ = false;  ///< in the frame that has begun
  bool lost_somebody_ = false;
  int frames_since_search_ = 0;
  TrackIds ids_;
};

}  // namespace pose
