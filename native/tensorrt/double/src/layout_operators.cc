#include <algorithm>
#include <functional>
#include <numeric>

#include "operator_support.h"

namespace sdk_double {
namespace {

using nvinfer1::LayerType;

/** Resolves the one extent that is -1 by what the others leave of the input. */
void resolve_rest(const OnnxNode& node, const Extents& input, Extents& shape) {
  const auto rest = std::find(shape.begin(), shape.end(), -1);
  if (has_unknown(input)) return;
  const int64_t count = count_elements(input);
  if (rest != shape.end()) {
    *rest = 1;
    const int64_t others = count_elements(shape);
    if (count % others != 0) refuse_node(node, "a shape that the input does not fill");
    *rest = count / others;
  }
  if (count_elements(shape) != count) refuse_node(node, "a shape that the input does not fill");
}

Value infer_reshape(const OnnxNode& node, const Inputs& inputs) {
  const Extents& input = inputs[0]->shape;
  if (node.integer_or("allowzero", 0) != 0) refuse_node(node, "allowzero is not known");
  Extents shape = constant_integers(node, *inputs[1]);
  if (std::count(shape.begin(), shape.end(), -1) > 1) refuse_node(node, "more than one extent of -1");
  bool has_unknown_copy = false;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] < -1) refuse_node(node, "an extent below -1");
    if (shape[axis] != 0) continue;
    if (axis >= input.size()) refuse_node(node, "copies an extent that the input does not have");
    shape[axis] = input[axis];
    has_unknown_copy |= shape[axis] < 0;
  }
  if (!has_unknown_copy) resolve_rest(node, input, shape);
  return unknown_value(inputs[0]->type, std::move(shape));
}

void compute_reshape(const OnnxNode&, const Inputs& inputs, Value& output) {
  output.elements = inputs[0]->elements;
}

/** Axes of the input in the order of the output; reversed where the node names none. */
std::vector<int64_t> permutation(const OnnxNode& node, size_t rank) {
  std::vector<int64_t> reversed(rank);
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  std::vector<int64_t> axes = node.integers_or("perm", reversed);
  std::vector<int64_t> sorted = axes;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  if (sorted != reversed) refuse_node(node, "perm does not name each axis once");
  return axes;
}

Value infer_transpose(const OnnxNode& node, const Inputs& inputs) {
  Extents shape;
  for (const int64_t axis : permutation(node, inputs[0]->shape.size())) {
    shape.push_back(inputs[0]->shape[static_cast<size_t>(axis)]);
  }
  return unknown_value(inputs[0]->type, std::move(shape));
}

void compute_transpose(const OnnxNode& node, const Inputs& inputs, Value& output) {
  const std::vector<int64_t> axes = permutation(node, output.shape.size());
  const std::vector<int64_t> strides = strides_of(inputs[0]->shape);
  size_t next = 0;
  for_each_index(output.shape, [&](const std::vector<int64_t>& index) {
    int64_t from = 0;
    for (size_t axis = 0; axis < index.size(); ++axis)
      from += index[axis] * strides[static_cast<size_t>(axes[axis])];
    output.elements[next++] = inputs[0]->elements[static_cast<size_t>(from)];
  });
}

}  // namespace

const Operator kReshapeOperator{"Reshape", LayerType::kSHUFFLE, 2, 2, infer_reshape, compute_reshape};
const Operator kTransposeOperator{"Transpose", LayerType::kSHUFFLE, 1, 1, infer_transpose, compute_transpose};

}  // namespace sdk_double
