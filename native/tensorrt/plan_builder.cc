#include "plan_builder.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "build_monitor.h"
#include "build_progress.h"
#include "compiled_cache.h"
#include "plan_key.h"
#include "tensorrt_log.h"

namespace pose {
namespace {

using nvinfer1::BuilderFlag;

[[noreturn]] void throw_precision(const std::string& found, const std::string& expected) {
  throw EngineError("ENGINE_OPTION_INVALID", "precision: expected " + expected + ", found " + found);
}

/** Where the model itself says what it computes in, flags would be refused. */
std::string own_precision(const OnnxNetwork& parsed, const std::string& wanted) {
  const std::string own = parsed.is_quantized ? "int8"
                          : parsed.has_half   ? "f16"
                          : parsed.has_bf16   ? "bf16"
                                              : "f32";
  if (!wanted.empty() && wanted != own) throw_precision(wanted, own + ", which is the model's own");
  return own;
}

#if NV_TENSORRT_MAJOR < 11

/** Lets the builder choose among number formats; "" is the device's choice, half precision. */
std::string allow_precision(const OnnxNetwork& parsed, const std::string& wanted,
                            nvinfer1::IBuilderConfig& config) {
  if (parsed.is_quantized || parsed.has_half) {
    const std::string own = own_precision(parsed, wanted);
    config.setFlag(BuilderFlag::kFP16);
    if (parsed.is_quantized) config.setFlag(BuilderFlag::kINT8);
    return own;
  }
  if (wanted == "f32") return wanted;
#if NV_TENSORRT_MAJOR >= 9
  if (wanted == "bf16") {
    config.setFlag(BuilderFlag::kBF16);
    return wanted;
  }
#endif
  if (!wanted.empty() && wanted != "f16") throw_precision(wanted, "f32 or f16");
  config.setFlag(BuilderFlag::kFP16);
  return "f16";
}

#endif

/** Sets what the layers compute in, and says it. */
std::string choose_precision(const OnnxNetwork& parsed, const std::string& wanted,
                             nvinfer1::IBuilderConfig& config) {
  if (wanted == "f32") config.clearFlag(BuilderFlag::kTF32);
#if NV_TENSORRT_MAJOR < 11
  if (!parsed.is_strongly_typed) return allow_precision(parsed, wanted, config);
#endif
  return own_precision(parsed, wanted);
}

void keep_outputs(nvinfer1::INetworkDefinition& network, const std::vector<Shape>& kept) {
  if (kept.empty()) return;
  std::vector<nvinfer1::ITensor*> dropped;
  for (int i = 0; i < network.getNbOutputs(); ++i) {
    nvinfer1::ITensor* output = network.getOutput(i);
    if (std::find(kept.begin(), kept.end(), to_shape(output->getDimensions())) == kept.end()) {
      dropped.push_back(output);
    }
  }
  // One that has none of the wanted shapes is left as it is: whoever looks for them tells what it has
  // instead.
  if (static_cast<int>(dropped.size()) == network.getNbOutputs()) return;
  for (nvinfer1::ITensor* output : dropped) network.unmarkOutput(*output);
}

void choose_device(const GpuDevice& device, const std::string& precision, nvinfer1::IBuilderConfig& config) {
  if (device.dla_core < 0) return;
  if (precision != "f16" && precision != "int8") {
    throw EngineError("ENGINE_OPTION_INVALID",
                      "precision: " + device.id + " computes in f16 or int8, found " + precision);
  }
  config.setDefaultDeviceType(nvinfer1::DeviceType::kDLA);
  config.setDLACore(device.dla_core);
  config.setFlag(BuilderFlag::kGPU_FALLBACK);
}

/** Times that earlier builds measured; one that TensorRT refuses is begun anew. */
std::unique_ptr<nvinfer1::ITimingCache> use_timing_cache(const CompiledCache& cache, const GpuDevice& device,
                                                         nvinfer1::IBuilderConfig& config) {
  const PageBuffer known = cache.load(timing_cache_name(device));
  std::unique_ptr<nvinfer1::ITimingCache> timings(config.createTimingCache(known.data(), known.size()));
  if (!timings) timings.reset(config.createTimingCache(nullptr, 0));
  if (timings) config.setTimingCache(*timings, false);
  return timings;
}

Plan build(const PlanRequest& request, const CompiledCache& cache) {
  const std::string& path = request.path;
  const OnnxNetwork parsed = parse_onnx(request.onnx.bytes, path);
  nvinfer1::INetworkDefinition& network = *parsed.network;
  const PictureInput input = picture_input(parsed, path);
  require_input(input.tensor->getName(), input.channels_last, request.input, path);
  set_picture_size(input, request.input.batch, request.input.height, request.input.width);
  require_known_shapes(network, path);
  keep_outputs(network, request.options.kept_outputs);

  // Before the configuration: it must outlive it.
  BuildMonitor monitor;
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(parsed.builder->createBuilderConfig());
  if (!config) throw tensorrt_error("ENGINE_FAILED", "TensorRT makes no builder configuration");
  config->setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, builder_workspace(request.device));
  Plan plan;
  plan.precision = choose_precision(parsed, request.options.precision, *config);
  choose_device(request.device, plan.precision, *config);
  const std::unique_ptr<nvinfer1::ITimingCache> timings = use_timing_cache(cache, request.device, *config);
  monitor.watch(*config, network.getNbLayers());

  BuildProgress progress(
      path, [&monitor] { return monitor.fraction(); }, request.options.on_progress);
  const std::unique_ptr<nvinfer1::IHostMemory> built(
      parsed.builder->buildSerializedNetwork(network, *config));
  if (!built || built->size() == 0) {
    throw tensorrt_error("ENGINE_FAILED", path + ": TensorRT could not build it for " + request.device.id);
  }
  progress.finish();
  tensorrt_log().take_errors();  // of ways to compute a layer that did not fit, where another did
  plan.size = built->size();
  plan.bytes = PageBuffer(plan.size);
  std::memcpy(plan.bytes.data(), built->data(), plan.size);
  if (timings) {
    const std::unique_ptr<nvinfer1::IHostMemory> measured(timings->serialize());
    if (measured) cache.store(timing_cache_name(request.device), {{measured->data(), measured->size()}});
  }
  return plan;
}

/** A plan's file: the plan, then its precision in 8 bytes. */
constexpr size_t kPrecisionBytes = 8;

/** A plan without bytes where the cache has none. */
Plan load_plan(const CompiledCache& cache, const PlanRequest& request) {
  Plan plan;
  plan.bytes = cache.load(plan_name(request));
  if (plan.bytes.size() <= kPrecisionBytes) return Plan();
  plan.size = plan.bytes.size() - kPrecisionBytes;
  const char* precision = plan.bytes.data() + plan.size;
  plan.precision.assign(precision, ::strnlen(precision, kPrecisionBytes));
  plan.is_cached = true;
  return plan;
}

Plan build_and_keep(const PlanRequest& request, const CompiledCache& cache) {
  Plan plan = build(request, cache);
  char precision[kPrecisionBytes] = {};
  plan.precision.copy(precision, sizeof(precision));
  cache.store(plan_name(request), {{plan.bytes.data(), plan.size}, {precision, sizeof(precision)}});
  return plan;
}

CompiledCache open_cache(const CompileOptions& options) {
  return CompiledCache(options.cache_dir, "tensorrt", "TensorRT");
}

}  // namespace

Plan make_plan(const PlanRequest& request) {
  const CompiledCache cache = open_cache(request.options);
  Plan plan = load_plan(cache, request);
  return plan.is_cached ? std::move(plan) : build_and_keep(request, cache);
}

Plan rebuild_plan(const PlanRequest& request) { return build_and_keep(request, open_cache(request.options)); }

}  // namespace pose
