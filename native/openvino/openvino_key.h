#pragma once

#include <openvino/openvino.hpp>
#include <string>

#include "openvino_file.h"
#include "pose/engine.h"

namespace pose {

/** Name in the cache of a model that was compiled for a device: a hash of everything that makes one compiled
 * model another. `properties` is what the device was told. */
std::string compiled_name(ov::Core& core, const OpenVinoFile& file, const InputSpec& input,
                          const CompileOptions& options, const ov::AnyMap& properties);

}  // namespace pose
