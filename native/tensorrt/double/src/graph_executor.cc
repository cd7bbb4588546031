#include "graph_executor.h"

#include <utility>

#include "operators.h"

namespace sdk_double {
namespace {

Inputs inputs_of(const OnnxNode& node, const Tensors& tensors) {
  Inputs inputs;
  for (const std::string& name : node.inputs)
    inputs.push_back(name.empty() ? nullptr : tensors.at(name).get());
  return inputs;
}

Value compute_output(const OnnxNode& node, const Inputs& inputs) {
  Value output = infer_output(node, inputs);
  output.elements.assign(static_cast<size_t>(count_elements(output.shape)), 0.0);
  operator_of(node).compute(node, inputs, output);
  for (double& element : output.elements) element = round_to(output.type, element);
  output.is_known = true;
  return output;
}

}  // namespace

Tensors infer_tensors(const OnnxModel& model, const std::map<std::string, Extents>& input_shapes,
                      NodePlace& place) {
  Tensors tensors(model.constants.begin(), model.constants.end());
  for (const OnnxInput& input : model.inputs) {
    Value value;
    value.type = input.type;
    value.shape = input_shapes.at(input.name);
    if (!has_unknown(value.shape)) count_elements(value.shape);
    tensors[input.name] = std::make_shared<const Value>(std::move(value));
  }
  for (const OnnxNode& node : model.nodes) {
    place.index = static_cast<int>(&node - model.nodes.data());
    Value output = infer_output(node, inputs_of(node, tensors));
    tensors[node.outputs.front()] = std::make_shared<const Value>(std::move(output));
  }
  place.index = -1;
  return tensors;
}

Tensors run_graph(const OnnxModel& model, Tensors inputs) {
  Tensors tensors = std::move(inputs);
  tensors.insert(model.constants.begin(), model.constants.end());
  for (const OnnxNode& node : model.nodes) {
    Value output = compute_output(node, inputs_of(node, tensors));
    tensors[node.outputs.front()] = std::make_shared<const Value>(std::move(output));
  }
  return tensors;
}

}  // namespace sdk_double
