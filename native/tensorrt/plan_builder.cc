#include "plan_builder.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "build_monitor.h"
#include "build_progress.h"
#include "plan_cache.h"
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
std::unique_ptr<nvinfer1::ITimingCache> use_timing_cache(const PlanCache* cache, const GpuDevice& device,
                                                         nvinfer1::IBuilderConfig& config) {
  CachedFile known;
  if (cache != nullptr) known = cache->load(timing_cache_name(device));
  if (!known.refused.empty()) remark(known.refused);
  std::unique_ptr<nvinfer1::ITimingCache> timings(
      config.createTimingCache(known.bytes.data(), known.bytes.size()));
  if (!timings) timings.reset(config.createTimingCache(nullptr, 0));
  if (timings) config.setTimingCache(*timings, false);
  return timings;
}

/** A full disk costs the time of another build at the next start, and nothing now. */
void keep(const PlanCache* cache, const std::string& name, const void* bytes, size_t size) {
  if (cache == nullptr) return;
  try {
    cache->store(name, bytes, size);
  } catch (const EngineError& error) {
    remark(std::string("not kept: ") + error.what());
  }
}

Plan build(const PlanRequest& request, const PlanCache* cache) {
  const std::string& path = request.path;
  const OnnxNetwork parsed = parse_onnx(request.onnx, path);
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
  const char* bytes = static_cast<const char*>(built->data());
  plan.bytes.assign(bytes, bytes + built->size());
  if (timings) {
    const std::unique_ptr<nvinfer1::IHostMemory> measured(timings->serialize());
    if (measured) keep(cache, timing_cache_name(request.device), measured->data(), measured->size());
  }
  return plan;
}

/** A plan's file: its precision in 8 bytes, then the plan. */
constexpr size_t kPrecisionBytes = 8;

std::vector<char> to_file(const Plan& plan) {
  std::vector<char> file(kPrecisionBytes, '\0');
  std::copy(plan.precision.begin(), plan.precision.end(), file.begin());
  file.insert(file.end(), plan.bytes.begin(), plan.bytes.end());
  return file;
}

Plan from_file(const std::vector<char>& file) {
  const auto plan = file.begin() + std::min(kPrecisionBytes, file.size());
  return {{plan, file.end()}, {file.begin(), std::find(file.begin(), plan, '\0')}, true};
}

/** None where the folder cannot be used: as in keep(), that costs another build at the next start. */
std::optional<PlanCache> open_cache(const CompileOptions& options) {
  if (options.cache_dir.empty()) return std::nullopt;
  try {
    return std::make_optional<PlanCache>(options.cache_dir + "/tensorrt");
  } catch (const EngineError& error) {
    if (error.code() != "ENGINE_FAILED") throw;
    remark(std::string("plans are not kept: ") + error.what());
    return std::nullopt;
  }
}

Plan build_and_keep(const PlanRequest& request, const PlanCache* cache) {
  Plan plan = build(request, cache);
  const std::vector<char> file = to_file(plan);
  keep(cache, plan_name(request), file.data(), file.size());
  return plan;
}

}  // namespace

Plan make_plan(const PlanRequest& request) {
  const std::optional<PlanCache> cache = open_cache(request.options);
  if (!cache) return build(request, nullptr);
  const CachedFile known = cache->load(plan_name(request));
  if (!known.refused.empty()) remark(known.refused + "; the plan is built anew");
  if (!known.bytes.empty()) return from_file(known.bytes);
  return build_and_keep(request, &*cache);
}

Plan rebuild_plan(const PlanRequest& request) {
  const std::optional<PlanCache> cache = open_cache(request.options);
  return build_and_keep(request, cache ? &*cache : nullptr);
}

}  // namespace pose
