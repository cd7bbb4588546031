#pragma once

#include <memory>
#include <string>

#include "pose/engine.h"
#include "pose/estimator.h"
#include "pose/letterbox.h"
#include "pose/openpose.h"

namespace pose {

struct OpenPoseEstimatorOptions {
  OpenPoseOptions decode;
  Interpolation interpolation = Interpolation::linear;
  std::string heatmaps;  ///< output names; "" finds the output by its channels (19 or 18; 38)
  std::string pafs;
};

/** OpenPose-style networks: letterbox, one inference, PAF decode. Keeps `model.request_count()` inferences in
 *  flight and hands out the frames of a camera in the order they came.
 *  Throws EngineError MODEL_SHAPE_MISMATCH when the outputs are not those of the family. */
std::unique_ptr<Estimator> make_openpose_estimator(std::unique_ptr<CompiledModel> model,
                                                   const OpenPoseEstimatorOptions& options);

}  // namespace pose
