#include "plan_key.h"

#include <NvInfer.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "digest.h"

namespace pose {
namespace {

/** Raised when the same request is built otherwise. */
constexpr int kRecipe = 2;

/** Jetson's drivers come with its release, which no CUDA call tells; "" elsewhere. */
std::string jetson_release() {
  std::ifstream file("/etc/nv_tegra_release");
  std::string line;
  std::getline(file, line);
  return line;
}

/** Versions and device, a fact a line. */
std::string platform_facts(const GpuDevice& device) {
  int driver = 0;
  int runtime = 0;
  static_cast<void>(cudaDriverGetVersion(&driver));
  static_cast<void>(cudaRuntimeGetVersion(&runtime));
  std::ostringstream facts;
  facts << "recipe " << kRecipe << "\ntensorrt " << getInferLibVersion() << "\ncompiled for "
        << NV_TENSORRT_MAJOR << '.' << NV_TENSORRT_MINOR << "\ncuda " << runtime << "\ndriver " << driver
        << "\nrelease " << jetson_release() << "\ngpu " << device.name << "\ncompute " << device.major << '.'
        << device.minor << "\nmultiprocessors " << device.multiprocessors << '\n';
  return facts.str();
}

}  // namespace

size_t builder_workspace(const GpuDevice& device) {
  // A Jetson shares its memory with everything else; how much it has differs by a little from kernel to
  // kernel.
  constexpr uint64_t kMost = uint64_t{1} << 30;
  constexpr uint64_t kStep = uint64_t{128} << 20;
  return static_cast<size_t>(std::min(kMost, std::max(kStep, device.memory_bytes / 4 / kStep * kStep)));
}

std::string plan_name(const PlanRequest& request) {
  const InputSpec& input = request.input;
  std::ostringstream facts;
  facts << platform_facts(request.device) << "onnx " << request.onnx.sha512 << "\ninput " << input.batch
        << ' ' << input.height << ' ' << input.width << "\nprecision " << request.options.precision
        << "\ndla " << request.device.dla_core << "\nworkspace " << builder_workspace(request.device) << '\n';
  for (const Shape& shape : request.options.kept_outputs) facts << "kept " << shape.to_string() << '\n';
  return entry_name(facts.str()) + ".plan";
}

std::string timing_cache_name(const GpuDevice& device) {
  return entry_name(platform_facts(device)) + ".timing";
}

}  // namespace pose
