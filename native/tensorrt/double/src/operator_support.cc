#include "operator_support.h"

#include <algorithm>

#include "onnx_error.h"

namespace sdk_double {

void refuse_node(const OnnxNode& node, const std::string& why) {
  throw OnnxError(nvonnxparser::ErrorCode::kUNSUPPORTED_NODE,
                  node.op_type + (node.name.empty() ? "" : " \"" + node.name + "\"") + ": " + why);
}

Value unknown_value(ElementType type, Extents shape) {
  Value value;
  value.type = type;
  value.shape = std::move(shape);
  return value;
}

std::vector<int64_t> constant_integers(const OnnxNode& node, const Value& input) {
  if (!input.is_known) refuse_node(node, "an input that must be constant is computed");
  std::vector<int64_t> integers;
  for (const double element : input.elements) {
    constexpr auto kMost = static_cast<double>(kMaxElements);
    integers.push_back(static_cast<int64_t>(std::clamp(element, -kMost, kMost)));
  }
  return integers;
}

int64_t normal_axis(const OnnxNode& node, int64_t axis, size_t rank) {
  const auto axes = static_cast<int64_t>(rank);
  if (axis < -axes || axis >= axes) refuse_node(node, "has no axis " + std::to_string(axis));
  return axis < 0 ? axis + axes : axis;
}

std::vector<int64_t> strides_of(const Extents& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t axis = shape.size(); axis > 1; --axis) strides[axis - 2] = strides[axis - 1] * shape[axis - 1];
  return strides;
}

}  // namespace sdk_double
