#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "pose/detections.h"
#include "pose/engine.h"
#include "pose/letterbox.h"
#include "pose/person_detector.h"

namespace pose {

/** The outputs of an `ssd` or `yolo` detector: which they are, and how they are decoded. */
class DetectorOutputs {
 public:
  /** Throws EngineError MODEL_SHAPE_MISMATCH where none are the kind's, or they cannot be told apart. */
  DetectorOutputs(const CompiledModel& model, const PersonDetectorOptions& options);

  /** At most `max_detections` boxes in image pixels, best first. */
  void decode(const InferRequest& request, const Letterbox& letterbox, size_t max_detections,
              std::vector<Detection>& people_img);

 private:
  enum class Form { detection_output, boxes, yolo };

  void find_ssd(const CompiledModel& model, const PersonDetectorOptions& options);
  void find_yolo(const CompiledModel& model, const PersonDetectorOptions& options);

  Form form_ = Form::detection_output;
  size_t boxes_ = 0;
  std::optional<size_t> labels_;
  YoloLayout yolo_;
  DetectionOptions options_;
  DetectionArena arena_;
};

}  // namespace pose
