#include "network.h"

#include <algorithm>
#include <utility>

#include "api_types.h"
#include "builder.h"
#include "onnx_error.h"
#include "operators.h"
#include "sdk_log.h"

namespace sdk_double {
namespace {

template <typename Tensor>
nvinfer1::ITensor* at(const std::vector<Tensor*>& tensors, int32_t index) {
  const bool is_inside = index >= 0 && static_cast<size_t>(index) < tensors.size();
  return is_inside ? tensors[static_cast<size_t>(index)] : nullptr;
}

}  // namespace

#if NV_TENSORRT_MAJOR >= 10
void NetworkTensor::setDimensions(nvinfer1::Dims const& dimensions) noexcept {
#else
void NetworkTensor::setDimensions(nvinfer1::Dims dimensions) noexcept {
#endif
  if (!is_input_)
    return log_error(network_.logger(), "setDimensions: " + name_ + " is no input of the network");
  network_.set_input_shape(name_, to_extents(dimensions));
}

nvinfer1::Dims NetworkTensor::getDimensions() const noexcept {
  if (is_input_) return to_dims(network_.input_shapes().at(name_));
  const std::shared_ptr<const Value> value = network_.find(name_);
  if (value) return to_dims(value->shape);
  nvinfer1::Dims none{};
  none.nbDims = -1;
  return none;
}

nvinfer1::DataType NetworkTensor::getType() const noexcept {
  const std::shared_ptr<const Value> value = network_.find(name_);
  return value ? to_data_type(value->type) : nvinfer1::DataType::kFLOAT;
}

bool NetworkTensor::isNetworkOutput() const noexcept { return network_.is_output(name_); }

Network::Network(Builder& builder, nvinfer1::ILogger& logger, nvinfer1::NetworkDefinitionCreationFlags flags)
    : builder_(builder), logger_(logger), flags_(flags) {
  ++builder_.products;
}

Network::~Network() noexcept { --builder_.products; }

nvinfer1::ITensor* Network::getInput(int32_t index) const noexcept { return at(inputs_, index); }
nvinfer1::ITensor* Network::getOutput(int32_t index) const noexcept { return at(outputs_, index); }

nvinfer1::ILayer* Network::getLayer(int32_t index) const noexcept {
  const bool is_inside = index >= 0 && static_cast<size_t>(index) < layers_.size();
  return is_inside ? const_cast<NetworkLayer*>(&layers_[static_cast<size_t>(index)]) : nullptr;
}

void Network::unmarkOutput(nvinfer1::ITensor& tensor) noexcept {
  const auto found = std::find(outputs_.begin(), outputs_.end(), &tensor);
  if (found == outputs_.end())
    return log_error(logger_, "unmarkOutput: the tensor is no output of the network");
  outputs_.erase(found);
}

NetworkTensor* Network::tensor_of(const std::string& name) {
  for (NetworkTensor& tensor : tensors_) {
    if (name == tensor.getName()) return &tensor;
  }
  return &tensors_.emplace_back(*this, name, input_shapes_.count(name) > 0);
}

void Network::fill(OnnxModel model, std::string onnx) {
  model_ = std::move(model);
  onnx_ = std::move(onnx);
  for (const OnnxInput& input : model_.inputs) {
    input_shapes_[input.name] = input.shape;
    inputs_.push_back(tensor_of(input.name));
  }
  for (const OnnxNode& node : model_.nodes) {
    NetworkLayer& layer =
        layers_.emplace_back(operator_of(node).layer, node.name.empty() ? node.outputs.front() : node.name);
    for (const std::string& name : node.inputs)
      layer.inputs.push_back(name.empty() ? nullptr : tensor_of(name));
    for (const std::string& name : node.outputs) layer.outputs.push_back(tensor_of(name));
  }
  for (const std::string& name : model_.outputs) outputs_.push_back(tensor_of(name));
}

Tensors Network::infer() const {
  NodePlace place;
  return infer_tensors(model_, input_shapes_, place);
}

void Network::set_input_shape(const std::string& name, const Extents& shape) {
  input_shapes_[name] = shape;
  inferred_.clear();
}

std::shared_ptr<const Value> Network::find(const std::string& name) const {
  try {
    if (inferred_.empty()) inferred_ = infer();
  } catch (const OnnxError& error) {
    log_error(logger_, error.what());
    return nullptr;
  }
  const auto found = inferred_.find(name);
  return found == inferred_.end() ? nullptr : found->second;
}

bool Network::is_output(const std::string& name) const {
  return std::any_of(outputs_.begin(), outputs_.end(),
                     [&](const NetworkTensor* output) { return name == output->getName(); });
}

std::vector<std::string> Network::output_names() const {
  std::vector<std::string> names;
  for (const NetworkTensor* output : outputs_) names.emplace_back(output->getName());
  return names;
}

}  // namespace sdk_double
