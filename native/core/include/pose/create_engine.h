#pragma once

#include <memory>

#include "pose/engine.h"

namespace pose {

/** Loads the inference runtime that this addon was built for; defined once by native/openvino or
 * native/tensorrt. Throws EngineError. */
std::unique_ptr<Engine> create_engine();

}  // namespace pose
