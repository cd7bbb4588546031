#pragma once

#include <NvInfer.h>

#include <atomic>

#include "live_objects.h"

namespace sdk_double {

class BuilderConfig;
class Network;

class Builder : public nvinfer1::IBuilder {
 public:
  explicit Builder(nvinfer1::ILogger& logger) : logger_(logger) {}
  ~Builder() noexcept override;

  nvinfer1::INetworkDefinition* createNetworkV2(
      nvinfer1::NetworkDefinitionCreationFlags flags) noexcept override;
  nvinfer1::IBuilderConfig* createBuilderConfig() noexcept override;
  nvinfer1::IHostMemory* buildSerializedNetwork(nvinfer1::INetworkDefinition& network,
                                                nvinfer1::IBuilderConfig& config) noexcept override;
  int32_t getNbDLACores() const noexcept override { return options().dla; }
#if NV_TENSORRT_MAJOR < 11
  bool platformHasFastFp16() const noexcept override { return true; }
#endif

  /** Networks and configurations that are alive; they must not outlive the builder. */
  std::atomic<int> products{0};

 private:
  nvinfer1::ILogger& logger_;
  Alive<&LiveObjects::builders> alive_;
};

}  // namespace sdk_double
