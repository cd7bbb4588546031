#pragma once

#include <string>

#include "pose/engine.h"

namespace pose {

/** Names and shapes for a message, as in "boxes [100, 5], labels [100]"; "none" where there are none. */
std::string describe_outputs(const CompiledModel& model);

}  // namespace pose
