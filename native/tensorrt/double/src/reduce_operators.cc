#include <algorithm>
#include <limits>

#include "operator_support.h"

namespace sdk_double {
namespace {

using nvinfer1::LayerType;

/** Which axes are reduced: those of the attribute, from opset 18 on those of the second input; all where none
 * are named. */
std::vector<bool> reduced_axes(const OnnxNode& node, const Inputs& inputs) {
  const size_t rank = inputs[0]->shape.size();
  std::vector<int64_t> axes = node.integers_or("axes", {});
  if (inputs.size() > 1 && inputs[1] != nullptr) axes = constant_integers(node, *inputs[1]);
  if (axes.empty() && node.integer_or("noop_with_empty_axes", 0) != 0) return std::vector<bool>(rank, false);
  std::vector<bool> is_reduced(rank, axes.empty());
  for (const int64_t axis : axes) is_reduced[static_cast<size_t>(normal_axis(node, axis, rank))] = true;
  return is_reduced;
}

Value infer_reduce(const OnnxNode& node, const Inputs& inputs) {
  const std::vector<bool> is_reduced = reduced_axes(node, inputs);
  const bool keeps = node.integer_or("keepdims", 1) != 0;
  Extents shape;
  for (size_t axis = 0; axis < is_reduced.size(); ++axis) {
    if (!is_reduced[axis]) {
      shape.push_back(inputs[0]->shape[axis]);
    } else if (keeps) {
      shape.push_back(1);
    }
  }
  return unknown_value(inputs[0]->type, std::move(shape));
}

struct Least {
  static constexpr double kFirst = std::numeric_limits<double>::infinity();
  static double fold(double folded, double element) { return std::min(folded, element); }
};
struct Greatest {
  static constexpr double kFirst = -std::numeric_limits<double>::infinity();
  static double fold(double folded, double element) { return std::max(folded, element); }
};
struct Sum {
  static constexpr double kFirst = 0.0;
  static double fold(double folded, double element) { return folded + element; }
};

/** Folds each element of the input into its place of the output. */
template <typename Reduction>
void compute_reduction(const OnnxNode& node, const Inputs& inputs, Value& output) {
  const std::vector<bool> is_reduced = reduced_axes(node, inputs);
  Extents kept = inputs[0]->shape;
  for (size_t axis = 0; axis < kept.size(); ++axis) {
    if (is_reduced[axis]) kept[axis] = 1;
  }
  std::vector<int64_t> strides = strides_of(kept);
  for (size_t axis = 0; axis < kept.size(); ++axis) {
    if (is_reduced[axis]) strides[axis] = 0;
  }
  std::fill(output.elements.begin(), output.elements.end(), Reduction::kFirst);
  size_t next = 0;
  for_each_index(inputs[0]->shape, [&](const std::vector<int64_t>& index) {
    int64_t place = 0;
    for (size_t axis = 0; axis < index.size(); ++axis) place += index[axis] * strides[axis];
    double& folded = output.elements[static_cast<size_t>(place)];
    folded = Reduction::fold(folded, inputs[0]->elements[next++]);
  });
}

void compute_mean(const OnnxNode& node, const Inputs& inputs, Value& output) {
  compute_reduction<Sum>(node, inputs, output);
  const double share =
      static_cast<double>(output.elements.size()) / static_cast<double>(inputs[0]->elements.size());
  for (double& element : output.elements) element *= share;
}

}  // namespace

const Operator kReduceMinOperator{"ReduceMin", LayerType::kREDUCE, 1,
                                  2,           infer_reduce,       compute_reduction<Least>};
const Operator kReduceMaxOperator{"ReduceMax", LayerType::kREDUCE, 1,
                                  2,           infer_reduce,       compute_reduction<Greatest>};
const Operator kReduceMeanOperator{"ReduceMean", LayerType::kREDUCE, 1, 2, infer_reduce, compute_mean};

}  // namespace sdk_double
