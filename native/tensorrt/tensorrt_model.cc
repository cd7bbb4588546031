#include "tensorrt_model.h"

#include "onnx_network.h"
#include "output_reader.h"
#include "tensorrt_log.h"
#include "tensorrt_request.h"

namespace pose {
namespace {

PreprocessTarget target_of(const InputSpec& input, bool channels_last) {
  PreprocessTarget target;
  target.width = input.width;
  target.height = input.height;
  target.batch = input.batch;
  target.channels_last = channels_last;
  for (size_t c = 0; c < 3; ++c) {
    target.mean[c] = input.mean[c];
    target.scale[c] = input.scale[c];
  }
  return target;
}

void read_tensors(LoadedPlan& loaded, const std::string& path) {
  const nvinfer1::ICudaEngine& engine = *loaded.engine;
  for (int i = 0; i < engine.getNbIOTensors(); ++i) {
    const char* name = engine.getIOTensorName(i);
    const Shape shape = to_shape(engine.getTensorShape(name));
    if (engine.getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT) {
      loaded.input_name = name;
      const bool channels_last = shape.rank() == 4 && shape[1] != 3;
      // A plan of the cache may have been built for another wish.
      require_input(name, channels_last, loaded.input, path);
      loaded.target = target_of(loaded.input, channels_last);
      continue;
    }
    const nvinfer1::DataType type = engine.getTensorDataType(name);
    if (element_bytes(type) == 0) {
      throw EngineError("MODEL_SHAPE_MISMATCH", path + ": output " + name + " is of " + type_name(type) +
                                                    "; expected f32, f16, i32 or i64");
    }
    loaded.infos.push_back({name, shape, {}});
    loaded.outputs.push_back({type, shape.elements()});
  }
}

int requests_of(const CompileOptions& options) {
  if (options.requests > 0) return options.requests;
  // Two contexts keep a GPU busy: one is filled and decoded while the other runs.
  return options.mode == PerformanceMode::latency ? 1 : 2;
}

}  // namespace

TensorRtModel::TensorRtModel(const PlanRequest& request, const Plan& plan)
    : loaded_(std::make_shared<LoadedPlan>()),
      precision_(plan.precision),
      requests_(requests_of(request.options)) {
  loaded_->device = request.device;
  loaded_->input = request.input;
  tensorrt_log().take_errors();  // of an earlier failure
  loaded_->runtime.reset(nvinfer1::createInferRuntime(tensorrt_log()));
  if (!loaded_->runtime) throw tensorrt_error("ENGINE_FAILED", "TensorRT's runtime does not start");
  if (request.device.dla_core >= 0) loaded_->runtime->setDLACore(request.device.dla_core);
  loaded_->engine.reset(loaded_->runtime->deserializeCudaEngine(plan.bytes.data(), plan.size));
  if (!loaded_->engine) {
    throw tensorrt_error("ENGINE_FAILED", request.path + ": TensorRT's runtime does not take the plan");
  }
  read_tensors(*loaded_, request.path);
}

std::unique_ptr<InferRequest> TensorRtModel::create_request() {
  return std::make_unique<TensorRtRequest>(loaded_);
}

}  // namespace pose
