#pragma once

#include <string_view>

#include "onnx_model.h"

namespace sdk_double {

/** Reads a serialized ModelProto. Throws OnnxError for bytes that are none, and for a graph whose names do
 * not fit together. What the operators are, nobody asks yet. */
OnnxModel read_onnx(std::string_view bytes);

}  // namespace sdk_double
