#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pose/decoder.h"
#include "pose/engine.h"
#include "pose/estimator.h"
#include "pose/letterbox.h"

namespace pose {

struct BottomUpOptions {
  DecoderOptions decode;             ///< of a family that finds all people in one inference
  std::vector<std::string> outputs;  ///< of the network, one a role of the decoder; "" finds it by its shape
  ResizeRule resize = ResizeRule::letterbox_top_left;
  uint8_t pad = 0;  ///< level of the input around a letterboxed picture
  Interpolation interpolation = Interpolation::linear;
};

/** Bottom-up families: the whole picture into one inference, one decode. Keeps `model.request_count()`
 * inferences in flight and hands out the frames of a camera in the order they came. Throws EngineError
 * MODEL_SHAPE_MISMATCH when the outputs are not those of the family. */
std::unique_ptr<Estimator> make_bottom_up_estimator(std::unique_ptr<CompiledModel> model,
                                                    const BottomUpOptions& options);

}  // namespace pose
