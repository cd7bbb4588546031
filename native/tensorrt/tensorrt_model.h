#pragma once

#include <NvInferRuntime.h>

#include <memory>
#include <string>
#include <vector>

#include "plan_builder.h"
#include "pose/engine.h"
#include "preprocess.h"

namespace pose {

/** An output as the plan has it. */
struct PlanOutput {
  nvinfer1::DataType type = nvinfer1::DataType::kFLOAT;
  int64_t elements = 0;
};

/** What all requests of a model share. */
struct LoadedPlan {
  GpuDevice device;
  InputSpec input;
  std::unique_ptr<nvinfer1::IRuntime> runtime;  ///< destroyed after its engine
  std::unique_ptr<nvinfer1::ICudaEngine> engine;
  std::string input_name;
  PreprocessTarget target;
  std::vector<OutputInfo> infos;
  std::vector<PlanOutput> outputs;  ///< as many as infos
};

/** A network built by TensorRT, behind our own interface. */
class TensorRtModel : public CompiledModel {
 public:
  /** Throws EngineError: ENGINE_FAILED where the runtime refuses the plan, MODEL_SHAPE_MISMATCH where it has
   * outputs that cannot be read as floats. */
  TensorRtModel(const PlanRequest& request, const Plan& plan);

  const InputSpec& input() const override { return loaded_->input; }
  const std::vector<OutputInfo>& outputs() const override { return loaded_->infos; }
  int request_count() const override { return requests_; }
  std::string precision() const override { return precision_; }
  std::string device_name() const override { return loaded_->device.name; }
  std::unique_ptr<InferRequest> create_request() override;

 private:
  std::shared_ptr<LoadedPlan> loaded_;
  std::string precision_;
  int requests_;
};

}  // namespace pose
