#pragma once

#include <NvOnnxParser.h>
#include <cuda_runtime.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "recording_logger.h"

namespace sdk_double::test {

/** A builder, a network and the parser that filled it, in the order in which they may be destroyed. */
struct ParsedNetwork {
  ParsedNetwork(nvinfer1::ILogger& logger, const std::string& onnx, uint32_t flags = default_flags())
      : builder(nvinfer1::createInferBuilder(logger)) {
    if (!builder) return;
    network.reset(builder->createNetworkV2(flags));
    parser.reset(nvonnxparser::createParser(*network, logger));
    is_parsed = parser->parse(onnx.data(), onnx.size());
  }

  static uint32_t default_flags() {
#if NV_TENSORRT_MAJOR < 10
    return 1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH);
#else
    return 0;
#endif
  }

  std::unique_ptr<nvinfer1::IBuilder> builder;
  std::unique_ptr<nvinfer1::INetworkDefinition> network;
  std::unique_ptr<nvonnxparser::IParser> parser;
  bool is_parsed = false;
};

/** The plan of a model; "" where the build fails. */
inline std::string build_plan(nvinfer1::ILogger& logger, const std::string& onnx) {
  const ParsedNetwork parsed(logger, onnx);
  if (!parsed.is_parsed) return "";
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(parsed.builder->createBuilderConfig());
  const std::unique_ptr<nvinfer1::IHostMemory> plan(
      parsed.builder->buildSerializedNetwork(*parsed.network, *config));
  return plan ? std::string(static_cast<const char*>(plan->data()), plan->size()) : "";
}

/** Memory of the device. */
class DeviceBlock {
 public:
  explicit DeviceBlock(size_t bytes) {
    if (cudaMalloc(&memory_, bytes) != cudaSuccess) throw std::runtime_error("no device memory");
  }
  ~DeviceBlock() { cudaFree(memory_); }
  DeviceBlock(const DeviceBlock&) = delete;
  DeviceBlock& operator=(const DeviceBlock&) = delete;
  void* get() const { return memory_; }

 private:
  void* memory_ = nullptr;
};

/** A stream of its own. */
class TestStream {
 public:
  TestStream() {
    if (cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking) != cudaSuccess)
      throw std::runtime_error("no stream");
  }
  ~TestStream() { cudaStreamDestroy(stream_); }
  TestStream(const TestStream&) = delete;
  TestStream& operator=(const TestStream&) = delete;
  cudaStream_t get() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

/** An engine with memory for its inputs and outputs. */
class LoadedEngine {
 public:
  LoadedEngine(nvinfer1::ILogger& logger, const std::string& plan)
      : runtime_(nvinfer1::createInferRuntime(logger)) {
    engine_.reset(runtime_->deserializeCudaEngine(plan.data(), plan.size()));
    if (!engine_) throw std::runtime_error("the plan was refused");
    context_.reset(engine_->createExecutionContext());
    if (!context_) throw std::runtime_error("no execution context");
    for (int i = 0; i < engine_->getNbIOTensors(); ++i) {
      const char* name = engine_->getIOTensorName(i);
      memory_[name] = std::make_unique<DeviceBlock>(bytes_of(name));
      context_->setTensorAddress(name, memory_[name]->get());
    }
  }

  nvinfer1::ICudaEngine& engine() { return *engine_; }
  nvinfer1::IExecutionContext& context() { return *context_; }
  void* memory(const std::string& name) { return memory_.at(name)->get(); }

  template <typename Number>
  void set(const std::string& name, const std::vector<Number>& numbers) {
    cudaMemcpy(memory(name), numbers.data(), numbers.size() * sizeof(Number), cudaMemcpyHostToDevice);
  }
  template <typename Number = float>
  std::vector<Number> get(const std::string& name) {
    std::vector<Number> numbers(bytes_of(name.c_str()) / sizeof(Number));
    cudaMemcpy(numbers.data(), memory(name), numbers.size() * sizeof(Number), cudaMemcpyDeviceToHost);
    return numbers;
  }
  /** One inference; false where it could not be queued. */
  bool run() {
    const TestStream stream;
    return context_->enqueueV3(stream.get()) && cudaStreamSynchronize(stream.get()) == cudaSuccess;
  }

 private:
  size_t bytes_of(const char* name) const {
    const nvinfer1::Dims dims = engine_->getTensorShape(name);
    size_t count = 1;
    for (int axis = 0; axis < dims.nbDims; ++axis) count *= static_cast<size_t>(dims.d[axis]);
    switch (engine_->getTensorDataType(name)) {
      case nvinfer1::DataType::kHALF:
        return count * 2;
      case nvinfer1::DataType::kINT8:
      case nvinfer1::DataType::kUINT8:
        return count;
#if NV_TENSORRT_MAJOR >= 10
      case nvinfer1::DataType::kINT64:
        return count * 8;
#endif
      default:
        return count * 4;
    }
  }

  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  std::map<std::string, std::unique_ptr<DeviceBlock>> memory_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
};

}  // namespace sdk_double::test
