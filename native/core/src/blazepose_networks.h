#pragma once

#include <memory>
#include <vector>

#include "network_times.h"
#include "pose/blazepose_detector.h"
#include "pose/blazepose_landmarks.h"
#include "pose/engine.h"
#include "pose/image.h"

namespace pose {

/** The detector with its own request: picture in, bodies out. */
class BlazePoseDetectorNetwork {
 public:
  /** Throws EngineError MODEL_SHAPE_MISMATCH. */
  explicit BlazePoseDetectorNetwork(CompiledModel& model);
  void run(const ImageView& image, const BlazePoseDetectorOptions& options, NetworkTimes& times,
           std::vector<BlazePoseDetection>& detections_img);

 private:
  size_t boxes_;
  size_t scores_;
  std::unique_ptr<InferRequest> request_;
  BlazePoseDetectorArena arena_;
};

/** The landmark network with requests of its own: squares of a picture in, bodies out. */
class BlazePoseLandmarkNetwork {
 public:
  /** `requests` crops are in flight at once. Throws EngineError MODEL_SHAPE_MISMATCH. */
  BlazePoseLandmarkNetwork(CompiledModel& model, int requests);
  /** One body for each of `rois`, in image pixels. Whatever is thrown, nothing is in flight afterwards. */
  void run(const ImageView& image, const std::vector<Roi>& rois, NetworkTimes& times,
           std::vector<BlazePoseBody>& bodies_img);

 private:
  size_t landmarks_;
  size_t flag_;
  size_t heatmaps_;
  std::vector<std::unique_ptr<InferRequest>> requests_;
};

}  // namespace pose
