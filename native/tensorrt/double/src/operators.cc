#include "operators.h"

#include "operator_support.h"

namespace sdk_double {

const Operator& operator_of(const OnnxNode& node) {
  static const Operator* const kKnown[] = {
      &kIdentityOperator,  &kReluOperator,       &kCastOperator,       &kAddOperator,
      &kSubOperator,       &kMulOperator,        &kDivOperator,        &kReduceMinOperator,
      &kReduceMaxOperator, &kReduceMeanOperator, &kReshapeOperator,    &kTransposeOperator,
      &kConvOperator,      &kQuantizeOperator,   &kDequantizeOperator, &kConstantOperator,
  };
  const bool is_standard = node.domain.empty() || node.domain == "ai.onnx";
  for (const Operator* known : kKnown) {
    if (is_standard && node.op_type == known->name) return *known;
  }
  refuse_node(node, "the double has no such operator");
}

Value infer_output(const OnnxNode& node, const Inputs& inputs) {
  const Operator& known = operator_of(node);
  if (node.outputs.size() != 1 || node.outputs.front().empty()) refuse_node(node, "one output expected");
  if (inputs.size() < known.least_inputs || inputs.size() > known.most_inputs) {
    refuse_node(node, std::to_string(inputs.size()) + " inputs are not as many as it takes");
  }
  for (size_t i = 0; i < known.least_inputs; ++i) {
    if (inputs[i] == nullptr) refuse_node(node, "input " + std::to_string(i) + " is left out");
  }
  Value output = known.infer(node, inputs);
  if (output.shape.size() > kMaxRank) refuse_node(node, "its output has too many dimensions");
  if (!has_unknown(output.shape)) count_elements(output.shape);
  return output;
}

}  // namespace sdk_double
