#pragma once

#include <map>
#include <memory>
#include <string>

#include "onnx_model.h"

namespace sdk_double {

/** Tensors of a graph by their name. */
using Tensors = std::map<std::string, std::shared_ptr<const Value>>;

/** An OnnxError of one node: -1 where it is of the graph. */
struct NodePlace {
  int index = -1;
};

/** Type and shape of every tensor for inputs of these shapes. Throws OnnxError; `place` then tells the node.
 */
Tensors infer_tensors(const OnnxModel& model, const std::map<std::string, Extents>& input_shapes,
                      NodePlace& place);

/** Every tensor, computed in the precision of its own type. Throws OnnxError. */
Tensors run_graph(const OnnxModel& model, Tensors inputs);

}  // namespace sdk_double
