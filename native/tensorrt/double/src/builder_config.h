#pragma once

#include <NvInfer.h>

#include <cstddef>
#include <cstdint>
#include <map>

#include "live_objects.h"

namespace sdk_double {

class Builder;

class BuilderConfig : public nvinfer1::IBuilderConfig {
 public:
  BuilderConfig(Builder& builder, nvinfer1::ILogger& logger);
  ~BuilderConfig() noexcept override;

  void setFlag(nvinfer1::BuilderFlag flag) noexcept override { flags_ |= bit_of(flag); }
  void clearFlag(nvinfer1::BuilderFlag flag) noexcept override { flags_ &= ~bit_of(flag); }
  bool getFlag(nvinfer1::BuilderFlag flag) const noexcept override { return (flags_ & bit_of(flag)) != 0; }
  void setMemoryPoolLimit(nvinfer1::MemoryPoolType pool, std::size_t bytes) noexcept override {
    pool_bytes_[pool] = bytes;
  }
  std::size_t getMemoryPoolLimit(nvinfer1::MemoryPoolType pool) const noexcept override;
  nvinfer1::ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept override;
  bool setTimingCache(nvinfer1::ITimingCache const& cache, bool ignoresMismatch) noexcept override;
  nvinfer1::ITimingCache const* getTimingCache() const noexcept override { return timing_cache_; }
  void setDefaultDeviceType(nvinfer1::DeviceType type) noexcept override { device_type_ = type; }
  void setDLACore(int32_t core) noexcept override { dla_core_ = core; }
#if EDGE_POSE_DOUBLE_TENSORRT >= 806
  void setBuilderOptimizationLevel(int32_t level) noexcept override { optimization_level_ = level; }
#endif
#if NV_TENSORRT_MAJOR >= 10
  void setProgressMonitor(nvinfer1::IProgressMonitor* monitor) noexcept override {
    progress_monitor_ = monitor;
  }
  nvinfer1::IProgressMonitor* progress_monitor() const { return progress_monitor_; }
#endif

  uint32_t flags() const { return flags_; }
  bool wants_precision() const;
  BuildRequest request(bool strongly_typed) const;

 private:
  static uint32_t bit_of(nvinfer1::BuilderFlag flag) { return 1U << static_cast<uint32_t>(flag); }

  Builder& builder_;
  nvinfer1::ILogger& logger_;
  uint32_t flags_;
  std::map<nvinfer1::MemoryPoolType, std::size_t> pool_bytes_;
  nvinfer1::ITimingCache const* timing_cache_ = nullptr;
  nvinfer1::DeviceType device_type_ = nvinfer1::DeviceType::kGPU;
  int32_t dla_core_ = 0;
  int32_t optimization_level_ = 3;
#if NV_TENSORRT_MAJOR >= 10
  nvinfer1::IProgressMonitor* progress_monitor_ = nullptr;
#endif
  Alive<&LiveObjects::builder_configs> alive_;
};

}  // namespace sdk_double
