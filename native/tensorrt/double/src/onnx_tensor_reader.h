#pragma once

#include <string>
#include <string_view>

#include "value.h"

namespace sdk_double {

/** ONNX's number of an element type. Throws OnnxError for one that the double does not know. */
ElementType element_type_of(int64_t onnx_number);

struct NamedValue {
  std::string name;
  Value value;
};

/** Reads a TensorProto. Throws OnnxError. */
NamedValue read_tensor(std::string_view message);

}  // namespace sdk_double
