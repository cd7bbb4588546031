#include <algorithm>
#include <functional>

#include "onnx_tensor_reader.h"
#include "operator_support.h"

namespace sdk_double {
namespace {

using nvinfer1::LayerType;

Value infer_same(const OnnxNode&, const Inputs& inputs) {
  return unknown_value(inputs[0]->type, inputs[0]->shape);
}

void compute_same(const OnnxNode&, const Inputs& inputs, Value& output) {
  output.elements = inputs[0]->elements;
}

void compute_relu(const OnnxNode&, const Inputs& inputs, Value& output) {
  std::transform(inputs[0]->elements.begin(), inputs[0]->elements.end(), output.elements.begin(),
                 [](double element) { return element < 0.0 ? 0.0 : element; });
}

Value infer_cast(const OnnxNode& node, const Inputs& inputs) {
  return unknown_value(element_type_of(node.integer_or("to", 0)), inputs[0]->shape);
}

/** The value is in the node; what reads it finds it among the constants. */
Value infer_constant(const OnnxNode& node, const Inputs&) {
  const OnnxAttribute* value = node.find("value");
  if (value == nullptr || !value->tensor) refuse_node(node, "only the attribute value is known");
  return *value->tensor;
}

void compute_constant(const OnnxNode& node, const Inputs&, Value& output) {
  output = *node.find("value")->tensor;
}

/** One axis of numpy's broadcasting; an unknown extent gives way to one that is known and not 1. */
int64_t broadcast_extent(const OnnxNode& node, int64_t left, int64_t right) {
  if (left == 1) return right;
  if (right == 1 || right == left) return left;
  if (left < 0) return right;
  if (right < 0) return left;
  refuse_node(node, "shapes that do not fit together");
}

/** From the end, as if the shorter shape began with ones. */
int64_t extent_from_end(const Extents& shape, size_t back) {
  return back < shape.size() ? shape[shape.size() - 1 - back] : 1;
}

Value infer_broadcast(const OnnxNode& node, const Inputs& inputs) {
  const Value& left = *inputs[0];
  const Value& right = *inputs[1];
  if (left.type != right.type) refuse_node(node, "inputs of different element types");
  Extents shape;
  for (size_t back = 0; back < std::max(left.shape.size(), right.shape.size()); ++back) {
    shape.push_back(
        broadcast_extent(node, extent_from_end(left.shape, back), extent_from_end(right.shape, back)));
  }
  std::reverse(shape.begin(), shape.end());
  return unknown_value(left.type, std::move(shape));
}

/** Strides of an input along the axes of the output; 0 where it is repeated. */
std::vector<int64_t> broadcast_strides(const Extents& shape, size_t rank) {
  const std::vector<int64_t> own = strides_of(shape);
  std::vector<int64_t> strides(rank, 0);
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] != 1) strides[rank - shape.size() + axis] = own[axis];
  }
  return strides;
}

template <typename Combine>
void compute_broadcast(const OnnxNode&, const Inputs& inputs, Value& output) {
  const std::vector<int64_t> left = broadcast_strides(inputs[0]->shape, output.shape.size());
  const std::vector<int64_t> right = broadcast_strides(inputs[1]->shape, output.shape.size());
  size_t next = 0;
  for_each_index(output.shape, [&](const std::vector<int64_t>& index) {
    int64_t from_left = 0;
    int64_t from_right = 0;
    for (size_t axis = 0; axis < index.size(); ++axis) {
      from_left += index[axis] * left[axis];
      from_right += index[axis] * right[axis];
    }
    output.elements[next++] = Combine()(inputs[0]->elements[static_cast<size_t>(from_left)],
                                        inputs[1]->elements[static_cast<size_t>(from_right)]);
  });
}

// TensorRT before 8.6 has no layer for casts.
#if EDGE_POSE_DOUBLE_TENSORRT >= 806
constexpr LayerType kCast = LayerType::kCAST;
#else
constexpr LayerType kCast = LayerType::kIDENTITY;
#endif

}  // namespace

const Operator kIdentityOperator{"Identity", LayerType::kIDENTITY, 1, 1, infer_same, compute_same};
const Operator kReluOperator{"Relu", LayerType::kACTIVATION, 1, 1, infer_same, compute_relu};
const Operator kCastOperator{"Cast", kCast, 1, 1, infer_cast, compute_same};
const Operator kConstantOperator{"Constant", LayerType::kCONSTANT, 0, 0, infer_constant, compute_constant};
const Operator kAddOperator{"Add", LayerType::kELEMENTWISE, 2,
                            2,     infer_broadcast,         compute_broadcast<std::plus<>>};
const Operator kSubOperator{"Sub", LayerType::kELEMENTWISE, 2,
                            2,     infer_broadcast,         compute_broadcast<std::minus<>>};
const Operator kMulOperator{"Mul", LayerType::kELEMENTWISE, 2,
                            2,     infer_broadcast,         compute_broadcast<std::multiplies<>>};
const Operator kDivOperator{"Div", LayerType::kELEMENTWISE, 2,
                            2,     infer_broadcast,         compute_broadcast<std::divides<>>};

}  // namespace sdk_double
