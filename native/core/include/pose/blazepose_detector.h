#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "pose/engine.h"
#include "pose/roi.h"
#include "pose/tensor.h"

namespace pose {

constexpr size_t kBlazePoseAnchors = 2254;
constexpr size_t kBlazePoseAlignmentPoints = 4;

/** 224 x 224 RGB, -1..1. */
InputSpec blazepose_detector_input();

/** Centre of an anchor box in 0..1 of the network's input; its sides are 1. */
struct BlazePoseAnchor {
  float x_net = 0.0F;
  float y_net = 0.0F;
};

/** The anchors in the order of the detector's outputs: a grid of 28 x 28 cells with two at each centre, one
 * of 14 x 14 with two, one of 7 x 7 with six (strides 8, 16 and three times 32). */
const std::array<BlazePoseAnchor, kBlazePoseAnchors>& blazepose_anchors();

/** A body that the detector found. Which space positions are in is stated by the function that fills it. */
struct BlazePoseDetection {
  float score = 0.0F;  ///< 0..1
  float x_min = 0.0F;
  float y_min = 0.0F;
  float x_max = 0.0F;
  float y_max = 0.0F;
  /** Mid-hip; point on the circle around the whole body; mid-shoulder; the same circle for the upper body. */
  std::array<ImagePoint, kBlazePoseAlignmentPoints> points;
};

struct BlazePoseDetectorOptions {
  float score_threshold = 0.5F;
  float overlap_threshold = 0.3F;  ///< intersection over union above which two boxes are one body
  size_t max_detections = 16;
};

/** Working memory of the decoder, allocated once. */
class BlazePoseDetectorArena {
 public:
  BlazePoseDetectorArena() {
    candidates.reserve(kBlazePoseAnchors);
    order.reserve(kBlazePoseAnchors);
  }
  std::vector<BlazePoseDetection> candidates;
  std::vector<size_t> order;
};

/** Bodies of a picture in image pixels, best first.
 *
 * `boxes` is [1, 2254, 12] (x, y, w, h, then 4 points; input pixels, positions relative to the anchor),
 * `scores` [1, 2254, 1] before the sigmoid; `letterbox` is the square of the image that the network saw.
 * Overlapping candidates become their mean weighted by score, with the score of the best (MediaPipe's
 * weighted NMS). Candidates that are not finite, or of negative extent, are dropped. Throws
 * std::invalid_argument when a shape is another. Allocates nothing once `detections` has its capacity. */
void decode_blazepose_detections(const TensorView& boxes, const TensorView& scores, const Roi& letterbox,
                                 const BlazePoseDetectorOptions& options, BlazePoseDetectorArena& arena,
                                 std::vector<BlazePoseDetection>& detections_img);

/** Where to look for the landmarks of a detection in image pixels. */
Roi roi_from_detection(const BlazePoseDetection& detection_img);

}  // namespace pose
