#include "builder.h"

#include <exception>
#include <stdexcept>
#include <string>

#include "builder_config.h"
#include "faults.h"
#include "host_memory.h"
#include "misuse.h"
#include "network.h"
#include "plan_file.h"
#include "sdk_log.h"
#include "time_layers.h"

namespace sdk_double {
namespace {

/** Every network is of this kind in version 11, whatever its flags. */
bool is_strongly_typed([[maybe_unused]] const Network& network) {
#if NV_TENSORRT_MAJOR >= 11
  return true;
#elif NV_TENSORRT_MAJOR >= 10
  return network.has_flag(static_cast<int>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED));
#else
  return false;
#endif
}

/** Why the network cannot be built; "" where it can. */
std::string find_obstacle(const Network& network, const BuildRequest& request, bool wants_precision) {
  const Options current = options();
  if (network.is_empty() || network.getNbOutputs() == 0) return "the network has no outputs";
  for (const auto& [name, shape] : network.input_shapes()) {
    if (has_unknown(shape)) {
      return "input " + name + " has dynamic dimensions " + to_string(shape) +
             ", and there is no optimization profile";
    }
  }
  if (request.strongly_typed && wants_precision) return "a strongly typed network takes no precision flags";
  if (request.on_dla && request.dla_core >= current.dla) {
    return "there is no DLA core " + std::to_string(request.dla_core);
  }
  if (current.build_out_of_memory) return "Error Code 1: Cuda Runtime (out of memory)";
  if (current.build_fails) return "Error Code 10: no implementation of a node could be found";
  return "";
}

}  // namespace

Builder::~Builder() noexcept {
  if (products > 0) misuse("~IBuilder", "networks or configurations that it created are still alive");
}

nvinfer1::INetworkDefinition* Builder::createNetworkV2(
    nvinfer1::NetworkDefinitionCreationFlags flags) noexcept {
  return new Network(*this, logger_, flags);
}

nvinfer1::IBuilderConfig* Builder::createBuilderConfig() noexcept {
  return new BuilderConfig(*this, logger_);
}

nvinfer1::IHostMemory* Builder::buildSerializedNetwork(nvinfer1::INetworkDefinition& definition,
                                                       nvinfer1::IBuilderConfig& configuration) noexcept {
  const auto& network = static_cast<const Network&>(definition);
  const auto& config = static_cast<const BuilderConfig&>(configuration);
  const BuildRequest request = config.request(is_strongly_typed(network));
  record_build(request);
  if (!network.is_empty() && network.weights.expired()) {
    misuse("buildSerializedNetwork", "the parser, which owns the weights, is destroyed already");
  }
  if (!require_gpu(logger_, "buildSerializedNetwork")) return nullptr;
  const std::string obstacle = find_obstacle(network, request, config.wants_precision());
  try {
    if (!obstacle.empty()) throw std::runtime_error(obstacle);
    network.infer();
    if (!time_layers(network, config, logger_)) throw std::runtime_error("the build was cancelled");
    PlanFile plan;
    plan.platform = this_platform();
    plan.flags = config.flags();
    plan.onnx = network.onnx();
    plan.input_shapes = network.input_shapes();
    plan.outputs = network.output_names();
    return new HostMemory(write_plan(plan));
  } catch (const std::exception& error) {
    log_error(logger_, std::string("buildSerializedNetwork: ") + error.what());
    return nullptr;
  }
}

}  // namespace sdk_double

void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept {
  auto& known_logger = *static_cast<nvinfer1::ILogger*>(logger);
  if (version != NV_TENSORRT_VERSION || !sdk_double::require_gpu(known_logger, "createInferBuilder"))
    return nullptr;
  return static_cast<nvinfer1::IBuilder*>(new sdk_double::Builder(known_logger));
}
