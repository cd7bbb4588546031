#include <cmath>

#include "blazepose_input.h"
#include "pose/blazepose_detector.h"

using pose::fuzz::require;

/** Any detector tensors give finite detections, best first, scores of 0.5 to 1, and never more than asked. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pose::fuzz::Input input(data, size);
  const int width = 1 + input.take<uint16_t>() % 8000;
  const int height = 1 + input.take<uint16_t>() % 8000;
  pose::BlazePoseDetectorOptions options;
  options.max_detections = input.take<uint8_t>() % 20;
  // Either few candidates or nothing but candidates.
  const float background = (input.take<uint8_t>() & 1) != 0 ? 2.0F : -9.0F;
  const float extent = input.take<float>();
  const std::vector<float> scores = input.tensor(pose::kBlazePoseAnchors, background, 40);
  const std::vector<float> boxes = input.tensor(pose::kBlazePoseAnchors * 12, extent, 400);
  static pose::BlazePoseDetectorArena arena;
  static std::vector<pose::BlazePoseDetection> detections;
  pose::decode_blazepose_detections({boxes.data(), {1, 2254, 12}}, {scores.data(), {1, 2254, 1}},
                                    pose::letterbox_roi(width, height), options, arena, detections);
  require(detections.size() <= options.max_detections);
  float last_score = 1.0F;
  for (const pose::BlazePoseDetection& detection : detections) {
    require(detection.score >= 0.5F && detection.score <= last_score);
    last_score = detection.score;
    for (const float value : {detection.x_min, detection.y_min, detection.x_max, detection.y_max}) {
      require(std::isfinite(value));
    }
    for (const pose::ImagePoint& point : detection.points) {
      require(std::isfinite(point.x_img) && std::isfinite(point.y_img));
    }
    pose::roi_from_detection(detection);
  }
  return 0;
}
