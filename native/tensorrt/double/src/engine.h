#pragma once

#include <NvInferRuntime.h>

#include <atomic>
#include <string>
#include <vector>

#include "api_types.h"
#include "graph_executor.h"
#include "live_objects.h"
#include "onnx_model.h"
#include "plan_file.h"
#include "runtime.h"

namespace sdk_double {

/** An input or output of an engine. */
struct EngineTensor {
  std::string name;
  bool is_input = false;
  ElementType type = ElementType::float32;  ///< in the graph; see memory_type()
  Extents shape;

  size_t bytes() const { return static_cast<size_t>(count_elements(shape)) * size_of(memory_type(type)); }
};

class Engine : public nvinfer1::ICudaEngine {
 public:
  /** Throws OnnxError. */
  Engine(Runtime& runtime, const PlanFile& plan);
  ~Engine() noexcept override;

  int32_t getNbIOTensors() const noexcept override { return static_cast<int32_t>(tensors_.size()); }
  char const* getIOTensorName(int32_t index) const noexcept override;
  nvinfer1::TensorIOMode getTensorIOMode(char const* name) const noexcept override;
  nvinfer1::Dims getTensorShape(char const* name) const noexcept override;
  nvinfer1::DataType getTensorDataType(char const* name) const noexcept override;
  char const* getName() const noexcept override { return "double"; }
#if NV_TENSORRT_MAJOR >= 10
  nvinfer1::IExecutionContext* createExecutionContext(
      nvinfer1::ExecutionContextAllocationStrategy strategy) noexcept override;
#else
  nvinfer1::IExecutionContext* createExecutionContext() noexcept override;
#endif

  const OnnxModel& model() const { return model_; }
  const std::vector<EngineTensor>& tensors() const { return tensors_; }
  /** nullptr, and a logged error, where the engine has no such input or output. */
  const EngineTensor* find(char const* name) const;
  nvinfer1::ILogger& logger() const { return runtime_.logger(); }

  /** Contexts that are alive; they must not outlive the engine. */
  std::atomic<int> contexts{0};

 private:
  nvinfer1::IExecutionContext* create_context();

  Runtime& runtime_;
  OnnxModel model_;
  std::vector<EngineTensor> tensors_;
  Alive<&LiveObjects::engines> alive_;
};

}  // namespace sdk_double
