#pragma once

#include <memory>

#include "pose/blazepose_tracker.h"
#include "pose/engine.h"
#include "pose/estimator.h"

namespace pose {

struct BlazePoseOptions {
  BlazePoseTrackerOptions tracking;
  int threads =
      0;  ///< frames of different cameras worked on at once; 0: as many as the landmark model has requests
};

/** BlazePose: a detector finds bodies, a second network the landmarks of each; afterwards every body is
 * followed by its own landmarks, so that the detector seldom runs. Gives 33 keypoints a person in image
 * pixels, with visibility as score; an instance's score is their mean, its raw score the network's own flag.
 *
 * `detector` was compiled for blazepose_detector_input(), `landmarks` for blazepose_landmark_input(). Outputs
 * are told apart by their shapes. Frames of one camera are worked on one after the other, as each needs the
 * bodies of the one before. Throws EngineError: MODEL_SHAPE_MISMATCH when an input or output is not the
 * family's, ENGINE_OPTION_INVALID when an option is out of range. */
std::unique_ptr<Estimator> make_blazepose_estimator(std::unique_ptr<CompiledModel> detector,
                                                    std::unique_ptr<CompiledModel> landmarks,
                                                    const BlazePoseOptions& options);

}  // namespace pose
