#pragma once

#include <NvInfer.h>

#include <string>
#include <vector>

#include "onnx_model.h"
#include "value.h"

namespace sdk_double {

/** nullptr: an input that is left out. */
using Inputs = std::vector<const Value*>;

/** An operator of one output. Both functions throw OnnxError. */
struct Operator {
  const char* name;
  nvinfer1::LayerType layer;
  size_t least_inputs;
  size_t most_inputs;
  /** Type and shape of the output; extents that are not known (-1) among the inputs' make such of its own. */
  Value (*infer)(const OnnxNode& node, const Inputs& inputs);
  /** Fills `output`, whose type and shape are inferred and known, as its elements' number is. What is
   * computed is rounded to the type afterwards. */
  void (*compute)(const OnnxNode& node, const Inputs& inputs, Value& output);
};

/** The operator of a node; throws OnnxError (kUNSUPPORTED_NODE) for one that the double does not have. */
const Operator& operator_of(const OnnxNode& node);

/** Infers, and checks the number of inputs and the output's size before. */
Value infer_output(const OnnxNode& node, const Inputs& inputs);

}  // namespace sdk_double
