#include <NvInfer.h>

#include <utility>

#include "gpu_device.h"
#include "onnx_network.h"
#include "plan_builder.h"
#include "pose/create_engine.h"
#include "tensorrt_log.h"
#include "tensorrt_model.h"

namespace pose {
namespace {

/** As in "10.3.0". Until 9 a version is major * 1000 + minor * 100 + patch, later major * 10000 + …. */
std::string version_text(int version) {
  const int base = version >= 10000 ? 10000 : 1000;
  return std::to_string(version / base) + "." + std::to_string(version % base / 100) + "." +
         std::to_string(version % 100);
}

TensorOutline outline_of(const nvinfer1::ITensor& tensor) {
  TensorOutline outline;
  outline.name = tensor.getName();
  outline.type = type_name(tensor.getType());
  const nvinfer1::Dims dims = tensor.getDimensions();
  outline.has_rank = dims.nbDims >= 0;
  for (int axis = 0; axis < dims.nbDims; ++axis) outline.dims.push_back(dims.d[axis]);
  return outline;
}

class TensorRtEngine : public Engine {
 public:
  std::string name() const override { return "tensorrt"; }
  std::string version() const override { return version_text(getInferLibVersion()); }

  std::vector<DeviceInfo> devices() override {
    std::vector<DeviceInfo> infos;
    for (const GpuDevice& device : list_gpu_devices()) infos.push_back({device.id, device.name});
    return infos;
  }

  ModelOutline inspect(const std::string& path, const PictureSize& size) override {
    const OnnxNetwork parsed = parse_onnx(read_onnx_file(path, {}).bytes, path);
    if (size.width != 0 || size.height != 0) {
      set_picture_size(picture_input(parsed, path), 1, size.height, size.width);
      require_known_shapes(*parsed.network, path);
    }
    ModelOutline outline;
    const nvinfer1::INetworkDefinition& network = *parsed.network;
    for (int i = 0; i < network.getNbInputs(); ++i)
      outline.inputs.push_back(outline_of(*network.getInput(i)));
    for (int i = 0; i < network.getNbOutputs(); ++i) {
      outline.outputs.push_back(outline_of(*network.getOutput(i)));
    }
    return outline;
  }

  std::unique_ptr<CompiledModel> compile(const std::string& path, const InputSpec& input,
                                         const CompileOptions& options) override {
    const GpuDevice device = find_gpu_device(options.device);
    use_gpu_device(device);
    const PlanRequest request{path, read_onnx_file(path, options.checksums), input, options, device};
    const Plan plan = make_plan(request);
    try {
      return std::make_unique<TensorRtModel>(request, plan);
    } catch (const EngineError& error) {
      // One of the cache that the runtime does not take, though its name says that nothing has changed.
      if (error.code() != "ENGINE_FAILED" || !plan.is_cached) throw;
      return std::make_unique<TensorRtModel>(request, rebuild_plan(request));
    }
  }
};

}  // namespace

std::unique_ptr<Engine> create_engine() { return std::make_unique<TensorRtEngine>(); }

}  // namespace pose
