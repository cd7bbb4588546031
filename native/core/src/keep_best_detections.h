#pragma once

#include <cstddef>
#include <vector>

#include "pose/detections.h"

namespace pose {

/** Appends a box in network-input pixels to the arena's, unless it is empty or not finite. Scores end at 1.
 */
void add_candidate(const Detection& candidate_net, DetectionArena& arena);

struct Suppression {
  size_t max_detections;
  float iou_threshold;  ///< 1: none
};

/** Takes the arena's candidates, best first (of equals the earlier), drops those that overlap a better one
 * more than the threshold, maps the rest to the image and ends them at its borders. */
void keep_best_detections(const Letterbox& letterbox, const Suppression& suppression, DetectionArena& arena,
                          std::vector<Detection>& detections_img);

}  // namespace pose
