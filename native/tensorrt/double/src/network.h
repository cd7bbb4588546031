#pragma once

#include <NvInfer.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph_executor.h"
#include "live_objects.h"
#include "onnx_model.h"

namespace sdk_double {

class Builder;
class Network;

class NetworkTensor : public nvinfer1::ITensor {
 public:
  NetworkTensor(Network& network, std::string name, bool is_input)
      : network_(network), name_(std::move(name)), is_input_(is_input) {}

  char const* getName() const noexcept override { return name_.c_str(); }
#if NV_TENSORRT_MAJOR >= 10
  void setDimensions(nvinfer1::Dims const& dimensions) noexcept override;
#else
  void setDimensions(nvinfer1::Dims dimensions) noexcept override;
#endif
  nvinfer1::Dims getDimensions() const noexcept override;
  nvinfer1::DataType getType() const noexcept override;
  bool isNetworkInput() const noexcept override { return is_input_; }
  bool isNetworkOutput() const noexcept override;

 private:
  Network& network_;
  std::string name_;
  bool is_input_;
};

class NetworkLayer : public nvinfer1::ILayer {
 public:
  NetworkLayer(nvinfer1::LayerType type, std::string name) : type_(type), name_(std::move(name)) {}

  nvinfer1::LayerType getType() const noexcept override { return type_; }
  char const* getName() const noexcept override { return name_.c_str(); }
  int32_t getNbInputs() const noexcept override { return static_cast<int32_t>(inputs.size()); }
  nvinfer1::ITensor* getInput(int32_t index) const noexcept override { return at(inputs, index); }
  int32_t getNbOutputs() const noexcept override { return static_cast<int32_t>(outputs.size()); }
  nvinfer1::ITensor* getOutput(int32_t index) const noexcept override { return at(outputs, index); }

  std::vector<NetworkTensor*> inputs;
  std::vector<NetworkTensor*> outputs;

 private:
  static NetworkTensor* at(const std::vector<NetworkTensor*>& tensors, int32_t index) {
    const bool is_inside = index >= 0 && static_cast<size_t>(index) < tensors.size();
    return is_inside ? tensors[static_cast<size_t>(index)] : nullptr;
  }

  nvinfer1::LayerType type_;
  std::string name_;
};

/** What the parser puts in and the builder takes. Initializers are tensors, but no layers. */
class Network : public nvinfer1::INetworkDefinition {
 public:
  Network(Builder& builder, nvinfer1::ILogger& logger, nvinfer1::NetworkDefinitionCreationFlags flags);
  ~Network() noexcept override;

  int32_t getNbInputs() const noexcept override { return static_cast<int32_t>(inputs_.size()); }
  nvinfer1::ITensor* getInput(int32_t index) const noexcept override;
  int32_t getNbOutputs() const noexcept override { return static_cast<int32_t>(outputs_.size()); }
  nvinfer1::ITensor* getOutput(int32_t index) const noexcept override;
  void unmarkOutput(nvinfer1::ITensor& tensor) noexcept override;
  int32_t getNbLayers() const noexcept override { return static_cast<int32_t>(layers_.size()); }
  nvinfer1::ILayer* getLayer(int32_t index) const noexcept override;

  /** Whether a flag was given by its bit. */
  bool has_flag(int bit) const { return (flags_ >> bit & 1U) != 0; }
  Builder& builder() const { return builder_; }

  /** Takes a model whose graph is sound. The bytes are those that it was read from. */
  void fill(OnnxModel model, std::string onnx);
  bool is_empty() const { return layers_.empty() && inputs_.empty() && outputs_.empty(); }

  /** Types and shapes for the dimensions that the inputs have now. Throws OnnxError. */
  Tensors infer() const;
  void set_input_shape(const std::string& name, const Extents& shape);
  /** Where these dimensions make no sense, nullptr. */
  std::shared_ptr<const Value> find(const std::string& name) const;
  bool is_output(const std::string& name) const;

  const std::map<std::string, Extents>& input_shapes() const { return input_shapes_; }
  std::vector<std::string> output_names() const;
  const std::string& onnx() const { return onnx_; }
  const std::deque<NetworkLayer>& layers() const { return layers_; }
  nvinfer1::ILogger& logger() const { return logger_; }

  /** The parser owns the weights: it must be alive until the network is built. */
  std::weak_ptr<const int> weights;

 private:
  NetworkTensor* tensor_of(const std::string& name);

  Builder& builder_;
  nvinfer1::ILogger& logger_;
  nvinfer1::NetworkDefinitionCreationFlags flags_;
  OnnxModel model_;
  std::string onnx_;
  std::map<std::string, Extents> input_shapes_;
  mutable Tensors inferred_;  ///< of the present input shapes; empty: not yet, or they make no sense
  std::deque<NetworkTensor> tensors_;
  std::deque<NetworkLayer> layers_;
  std::vector<NetworkTensor*> inputs_;
  std::vector<NetworkTensor*> outputs_;
  Alive<&LiveObjects::networks> alive_;
};

}  // namespace sdk_double
