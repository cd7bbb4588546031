#pragma once

#include <cstdint>
#include <string>

#include "pose/detections.h"
#include "pose/letterbox.h"

namespace pose {

enum class DetectorKind {
  ssd,       ///< [1, 1, N, 7] DetectionOutput, or mmdet's boxes [1, N, 5] (or [N, 5]) with labels
  yolo,      ///< [1, 4 + classes, N] or its transpose (YOLOv8 style), or [1, N, 5 + classes] (YOLOv5, YOLOX
             ///< style)
  blazepose  ///< MediaPipe's pose detector
};

struct PersonDetectorOptions {
  DetectorKind kind = DetectorKind::ssd;
  /** How an image becomes the input of `ssd` and `yolo`. Open Model Zoo's and mmdet's SSD are shown stretched
   * images, YOLO centred letterboxes. */
  ResizeRule resize = ResizeRule::stretch;
  uint8_t pad = 0;  ///< level of the input around a letterboxed image
  YoloScores yolo_scores = YoloScores::by_shape;
  float score_threshold = 0.5F;  ///< above 0, at most 1
  float iou_threshold = 0.45F;   ///< of the suppression that kinds without one of their own need; 0 to 1
  /** Label or class that is a person; -1: 1 for DetectionOutput, whose 0 is the background, 0 for the others.
   * Open Model Zoo's person-detection-02xx are DetectionOutput with 0. */
  int person_label = -1;
  std::string boxes;  ///< output names; "" finds them by their shapes
  std::string labels;
};

}  // namespace pose
