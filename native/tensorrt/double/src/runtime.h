#pragma once

#include <NvInferRuntime.h>

#include <atomic>

#include "live_objects.h"

namespace sdk_double {

class Runtime : public nvinfer1::IRuntime {
 public:
  explicit Runtime(nvinfer1::ILogger& logger) : logger_(logger) {}
  ~Runtime() noexcept override;

  nvinfer1::ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept override;
  int32_t getNbDLACores() const noexcept override { return options().dla; }
  void setDLACore(int32_t core) noexcept override { dla_core_ = core; }
  int32_t getDLACore() const noexcept override { return dla_core_; }
#if EDGE_POSE_DOUBLE_TENSORRT >= 806
  void setEngineHostCodeAllowed(bool allowed) noexcept override { allows_host_code_ = allowed; }
  bool getEngineHostCodeAllowed() const noexcept override { return allows_host_code_; }
#endif

  nvinfer1::ILogger& logger() const { return logger_; }

  /** Engines that are alive; they must not outlive the runtime. */
  std::atomic<int> engines{0};

 private:
  nvinfer1::ILogger& logger_;
  int32_t dla_core_ = 0;
#if EDGE_POSE_DOUBLE_TENSORRT >= 806
  bool allows_host_code_ = false;
#endif
  Alive<&LiveObjects::runtimes> alive_;
};

}  // namespace sdk_double
