#pragma once

#include <string>

namespace pose {

enum class DetectorKind {
  ssd,       ///< [1, 1, N, 7] DetectionOutput, or mmdet's boxes [1, N, 5] (or [N, 5]) with labels
  yolo,      ///< [1, 4 + classes, N] or its transpose (YOLOv8 style), or [1, N, 5 + classes] (YOLOv5, YOLOX
             ///< style)
  blazepose  ///< MediaPipe's pose detector
};

struct PersonDetectorOptions {
  DetectorKind kind = DetectorKind::ssd;
  float score_threshold = 0.5F;  ///< above 0, at most 1
  float iou_threshold = 0.45F;   ///< of the suppression that kinds without one of their own need; 0 to 1
  int person_label = -1;         ///< label or class that is a person; -1: 1 for `ssd`, 0 for the others
  std::string boxes;             ///< output names; "" finds them by their shapes
  std::string labels;
};

}  // namespace pose
