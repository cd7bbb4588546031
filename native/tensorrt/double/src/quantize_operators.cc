#include <algorithm>
#include <cmath>

#include "operator_support.h"

namespace sdk_double {
namespace {

using nvinfer1::LayerType;

bool is_float(ElementType type) { return type == ElementType::float32 || type == ElementType::float16; }

/** Which axis the scales are along; -1: one scale for all. Throws where scale and zero point do not fit, and
 * for zero points that are not 0: TensorRT has symmetric quantization alone. */
int64_t scale_axis(const OnnxNode& node, const Inputs& inputs) {
  const Value& scale = *inputs[1];
  if (!is_float(scale.type)) refuse_node(node, "a scale that is no float");
  if (inputs.size() > 2 && inputs[2] != nullptr) {
    const Value& zero = *inputs[2];
    if (zero.type != ElementType::int8 || !zero.is_known)
      refuse_node(node, "a zero point that is no constant of int8");
    const bool is_zero = std::all_of(zero.elements.begin(), zero.elements.end(),
                                     [](double element) { return element == 0.0; });
    if (!is_zero) refuse_node(node, "a zero point that is not 0");
  }
  if (has_unknown(scale.shape)) refuse_node(node, "scales of unknown number");
  if (count_elements(scale.shape) == 1) return -1;
  const int64_t axis = normal_axis(node, node.integer_or("axis", 1), inputs[0]->shape.size());
  const int64_t extent = inputs[0]->shape[static_cast<size_t>(axis)];
  if (scale.shape.size() != 1 || (extent >= 0 && extent != scale.shape[0]))
    refuse_node(node, "scales that do not fit");
  return axis;
}

Value infer_quantize(const OnnxNode& node, const Inputs& inputs) {
  scale_axis(node, inputs);
  // Without a zero point ONNX takes uint8, which TensorRT has not: it means int8 then.
  if (!is_float(inputs[0]->type)) refuse_node(node, "an input that is no float");
  return unknown_value(ElementType::int8, inputs[0]->shape);
}

Value infer_dequantize(const OnnxNode& node, const Inputs& inputs) {
  scale_axis(node, inputs);
  if (inputs[0]->type != ElementType::int8) refuse_node(node, "an input that is not int8");
  return unknown_value(inputs[1]->type, inputs[0]->shape);
}

/** Calls `convert(element, scale)` for each element. */
template <typename Convert>
void scale_elements(const OnnxNode& node, const Inputs& inputs, Value& output, Convert convert) {
  const int64_t axis = scale_axis(node, inputs);
  size_t next = 0;
  for_each_index(output.shape, [&](const std::vector<int64_t>& index) {
    const auto which = axis < 0 ? size_t{0} : static_cast<size_t>(index[static_cast<size_t>(axis)]);
    output.elements[next] = convert(inputs[0]->elements[next], inputs[1]->elements[which]);
    ++next;
  });
}

void compute_quantize(const OnnxNode& node, const Inputs& inputs, Value& output) {
  scale_elements(node, inputs, output, [&](double element, double scale) {
    const double steps = round_to(inputs[0]->type, element / scale);
    // Ties to even.
    return std::isnan(steps) ? 0.0 : std::clamp(std::nearbyint(steps), -128.0, 127.0);
  });
}

void compute_dequantize(const OnnxNode& node, const Inputs& inputs, Value& output) {
  scale_elements(node, inputs, output, [](double element, double scale) { return element * scale; });
}

}  // namespace

const Operator kQuantizeOperator{"QuantizeLinear", LayerType::kQUANTIZE, 2, 3,
                                 infer_quantize,   compute_quantize};
const Operator kDequantizeOperator{"DequantizeLinear", LayerType::kDEQUANTIZE, 2, 3,
                                   infer_dequantize,   compute_dequantize};

}  // namespace sdk_double
