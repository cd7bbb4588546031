#include "builder_config.h"

#include <string_view>

#include "builder.h"
#include "sdk_log.h"
#include "timing_cache.h"

namespace sdk_double {

using nvinfer1::BuilderFlag;

BuilderConfig::BuilderConfig(Builder& builder, nvinfer1::ILogger& logger)
    : builder_(builder), logger_(logger), flags_(bit_of(BuilderFlag::kTF32)) {
  ++builder_.products;
}

BuilderConfig::~BuilderConfig() noexcept { --builder_.products; }

std::size_t BuilderConfig::getMemoryPoolLimit(nvinfer1::MemoryPoolType pool) const noexcept {
  const auto found = pool_bytes_.find(pool);
  return found == pool_bytes_.end() ? 0 : found->second;
}

nvinfer1::ITimingCache* BuilderConfig::createTimingCache(void const* blob, std::size_t size) const noexcept {
  auto cache = TimingCache::read({static_cast<const char*>(blob), size});
  if (!cache) log_error(logger_, "createTimingCache: the bytes are no timing cache, or altered");
  return cache.release();
}

bool BuilderConfig::setTimingCache(nvinfer1::ITimingCache const& cache, bool ignoresMismatch) noexcept {
  const std::string mismatch = find_mismatch(static_cast<const TimingCache&>(cache).platform());
  if (!mismatch.empty() && !ignoresMismatch) {
    log_error(logger_, "setTimingCache: " + mismatch);
    return false;
  }
  timing_cache_ = &cache;
  return true;
}

bool BuilderConfig::wants_precision() const {
#if NV_TENSORRT_MAJOR < 10
  return getFlag(BuilderFlag::kFP16) || getFlag(BuilderFlag::kINT8);
#elif NV_TENSORRT_MAJOR < 11
  return getFlag(BuilderFlag::kFP16) || getFlag(BuilderFlag::kINT8) || getFlag(BuilderFlag::kBF16);
#else
  return false;
#endif
}

BuildRequest BuilderConfig::request(bool strongly_typed) const {
  BuildRequest request;
#if NV_TENSORRT_MAJOR < 11
  request.fp16 = getFlag(BuilderFlag::kFP16);
  request.int8 = getFlag(BuilderFlag::kINT8);
#endif
#if NV_TENSORRT_MAJOR == 10
  request.bf16 = getFlag(BuilderFlag::kBF16);
#endif
  request.tf32 = getFlag(BuilderFlag::kTF32);
  request.gpu_fallback = getFlag(BuilderFlag::kGPU_FALLBACK);
  request.strongly_typed = strongly_typed;
  request.on_dla = device_type_ == nvinfer1::DeviceType::kDLA;
  request.dla_core = dla_core_;
  request.optimization_level = optimization_level_;
  request.workspace_bytes = getMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE);
  request.timing_cache = timing_cache_ != nullptr;
  return request;
}

}  // namespace sdk_double
