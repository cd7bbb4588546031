#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "pose/decoder.h"
#include "pose/engine.h"
#include "pose/top_down_estimator.h"

namespace pose {

/** Which outputs of a top-down network its decoder takes. */
struct PoseOutputs {
  std::vector<std::optional<size_t>>
      of_roles;  ///< positions in outputs(); none for an optional one not there
  int keypoint_count = 0;
};

/** Finds them by `options.outputs`, and where a name is missing, by the first outputs whose shapes the
 * decoder takes and that belong to an input of this size and batch. Throws EngineError: MODEL_SHAPE_MISMATCH
 * where there are none, ENGINE_OPTION_INVALID for a decoder of another family. */
PoseOutputs find_pose_outputs(const CompiledModel& network, const Decoder& decoder,
                              const TopDownOptions& options);

}  // namespace pose
