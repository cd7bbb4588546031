#include "runtime.h"

#include <exception>
#include <stdexcept>
#include <string>

#include "engine.h"
#include "misuse.h"
#include "plan_file.h"
#include "sdk_log.h"

namespace sdk_double {

Runtime::~Runtime() noexcept {
  if (engines > 0) misuse("~IRuntime", "engines that it created are still alive");
}

nvinfer1::ICudaEngine* Runtime::deserializeCudaEngine(void const* blob, std::size_t size) noexcept {
  if (!require_gpu(logger_, "deserializeCudaEngine")) return nullptr;
  try {
    if (options().deserialize_fails)
      throw std::runtime_error("Error Code 4: the engine could not be created");
    const PlanFile plan = read_plan({static_cast<const char*>(blob), size});
    const std::string mismatch = find_mismatch(plan.platform);
    if (!mismatch.empty()) throw std::runtime_error("the plan was " + mismatch);
    return new Engine(*this, plan);
  } catch (const std::exception& error) {
    log_error(logger_, std::string("deserializeCudaEngine: ") + error.what());
    return nullptr;
  }
}

}  // namespace sdk_double

void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept {
  auto& known_logger = *static_cast<nvinfer1::ILogger*>(logger);
  if (version != NV_TENSORRT_VERSION || !sdk_double::require_gpu(known_logger, "createInferRuntime"))
    return nullptr;
  return static_cast<nvinfer1::IRuntime*>(new sdk_double::Runtime(known_logger));
}

int32_t getInferLibVersion() noexcept { return NV_TENSORRT_VERSION; }
