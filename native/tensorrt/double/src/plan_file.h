#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "platform.h"
#include "value.h"

namespace sdk_double {

/** What the double's plan holds: the model again, and what it was built for. */
struct PlanFile {
  Platform platform;
  int64_t flags = 0;  ///< of the builder, a bit each
  std::string onnx;
  std::map<std::string, Extents> input_shapes;
  std::vector<std::string> outputs;
};

std::vector<char> write_plan(const PlanFile& plan);

/** Throws std::exception for bytes that are none, or altered. */
PlanFile read_plan(std::string_view bytes);

}  // namespace sdk_double
