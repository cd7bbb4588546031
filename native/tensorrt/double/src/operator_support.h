#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "onnx_model.h"
#include "operators.h"

namespace sdk_double {

/** Throws OnnxError: the node asks for what the double cannot do. */
[[noreturn]] void refuse_node(const OnnxNode& node, const std::string& why);

/** A value whose elements are not there yet. */
Value unknown_value(ElementType type, Extents shape);

/** The input as whole numbers; throws OnnxError where its elements are not constant. */
std::vector<int64_t> constant_integers(const OnnxNode& node, const Value& input);

/** Axes counted from the end where negative, made 0 to rank - 1; throws OnnxError outside of it. */
int64_t normal_axis(const OnnxNode& node, int64_t axis, size_t rank);

/** Elements from one index to the next on each axis, rows last. */
std::vector<int64_t> strides_of(const Extents& shape);

/** Calls `visit(index)` for each index of a shape in the order of memory. */
template <typename Visit>
void for_each_index(const Extents& shape, Visit visit) {
  std::vector<int64_t> index(shape.size(), 0);
  for (;;) {
    visit(index);
    size_t axis = shape.size();
    while (axis > 0 && ++index[axis - 1] == shape[axis - 1]) index[--axis] = 0;
    if (axis == 0) return;
  }
}

// The operators, a family a file.
extern const Operator kIdentityOperator;
extern const Operator kReluOperator;
extern const Operator kCastOperator;
extern const Operator kAddOperator;
extern const Operator kSubOperator;
extern const Operator kMulOperator;
extern const Operator kDivOperator;
extern const Operator kReduceMinOperator;
extern const Operator kReduceMaxOperator;
extern const Operator kReduceMeanOperator;
extern const Operator kReshapeOperator;
extern const Operator kTransposeOperator;
extern const Operator kConvOperator;
extern const Operator kQuantizeOperator;
extern const Operator kDequantizeOperator;
extern const Operator kConstantOperator;

}  // namespace sdk_double
