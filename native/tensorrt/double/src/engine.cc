#include "engine.h"

#include "execution_context.h"
#include "misuse.h"
#include "onnx_reader.h"
#include "sdk_log.h"

namespace sdk_double {

Engine::Engine(Runtime& runtime, const PlanFile& plan) : runtime_(runtime), model_(read_onnx(plan.onnx)) {
  NodePlace place;
  const Tensors inferred = infer_tensors(model_, plan.input_shapes, place);
  const auto add = [&](const std::string& name, bool is_input) {
    const Value& value = *inferred.at(name);
    tensors_.push_back({name, is_input, value.type, value.shape});
  };
  for (const OnnxInput& input : model_.inputs) add(input.name, true);
  for (const std::string& name : plan.outputs) add(name, false);
  ++runtime_.engines;
}

Engine::~Engine() noexcept {
  if (contexts > 0) misuse("~ICudaEngine", "execution contexts that it created are still alive");
  --runtime_.engines;
}

const EngineTensor* Engine::find(char const* name) const {
  for (const EngineTensor& tensor : tensors_) {
    if (tensor.name == name) return &tensor;
  }
  log_error(logger(), std::string("the engine has no tensor ") + name);
  return nullptr;
}

char const* Engine::getIOTensorName(int32_t index) const noexcept {
  const bool is_inside = index >= 0 && static_cast<size_t>(index) < tensors_.size();
  return is_inside ? tensors_[static_cast<size_t>(index)].name.c_str() : nullptr;
}

nvinfer1::TensorIOMode Engine::getTensorIOMode(char const* name) const noexcept {
  const EngineTensor* tensor = find(name);
  if (tensor == nullptr) return nvinfer1::TensorIOMode::kNONE;
  return tensor->is_input ? nvinfer1::TensorIOMode::kINPUT : nvinfer1::TensorIOMode::kOUTPUT;
}

nvinfer1::Dims Engine::getTensorShape(char const* name) const noexcept {
  const EngineTensor* tensor = find(name);
  if (tensor != nullptr) return to_dims(tensor->shape);
  nvinfer1::Dims none{};
  none.nbDims = -1;
  return none;
}

nvinfer1::DataType Engine::getTensorDataType(char const* name) const noexcept {
  const EngineTensor* tensor = find(name);
  return tensor == nullptr ? nvinfer1::DataType::kFLOAT : to_data_type(tensor->type);
}

#if NV_TENSORRT_MAJOR >= 10
nvinfer1::IExecutionContext* Engine::createExecutionContext(
    nvinfer1::ExecutionContextAllocationStrategy /*strategy*/) noexcept {
  return create_context();
}
#else
nvinfer1::IExecutionContext* Engine::createExecutionContext() noexcept { return create_context(); }
#endif

nvinfer1::IExecutionContext* Engine::create_context() {
  if (!require_gpu(logger(), "createExecutionContext")) return nullptr;
  if (options().context_fails) {
    log_error(logger(), "createExecutionContext: Error Code 2: OutOfMemory");
    return nullptr;
  }
  return new ExecutionContext(*this);
}

}  // namespace sdk_double
