#pragma once

#include "NvInferRuntime.h"

namespace nvinfer1 {

// The numbers of the flags and layers moved when version 10 dropped what was deprecated.
enum class LayerType : int32_t {
  kCONVOLUTION = 0,
  kACTIVATION = 2,
  kELEMENTWISE = 9,
  kSHUFFLE = 13,
  kREDUCE = 14,
  kCONSTANT = 19,
#if NV_TENSORRT_MAJOR >= 10
  kCAST = 1,
  kIDENTITY = 20,
  kQUANTIZE = 32,
  kDEQUANTIZE = 33,
#else
  kIDENTITY = 21,
  kQUANTIZE = 33,
  kDEQUANTIZE = 34,
#if EDGE_POSE_DOUBLE_TENSORRT >= 806
  kCAST = 47,
#endif
#endif
};

enum class BuilderFlag : int32_t {
#if NV_TENSORRT_MAJOR < 11
  kFP16 = 0,
  kINT8 = 1,
#endif
  kDEBUG = 2,
  kGPU_FALLBACK = 3,
#if NV_TENSORRT_MAJOR >= 10
  kTF32 = 6,
#else
  kTF32 = 7,
#endif
#if NV_TENSORRT_MAJOR == 10
  kBF16 = 17,
#endif
};

using NetworkDefinitionCreationFlags = uint32_t;
enum class NetworkDefinitionCreationFlag : int32_t {
#if NV_TENSORRT_MAJOR < 11
  kEXPLICIT_BATCH = 0,
#endif
#if NV_TENSORRT_MAJOR == 10
  kSTRONGLY_TYPED = 1,
#elif NV_TENSORRT_MAJOR >= 11
  kSTRONGLY_TYPED = 0,
#endif
};

enum class DeviceType : int32_t { kGPU = 0, kDLA = 1 };

enum class MemoryPoolType : int32_t {
  kWORKSPACE = 0,
  kDLA_MANAGED_SRAM = 1,
  kDLA_LOCAL_DRAM = 2,
  kDLA_GLOBAL_DRAM = 3,
#if EDGE_POSE_DOUBLE_TENSORRT >= 806
  kTACTIC_DRAM = 4,
#endif
};

class ITensor : public INoCopy {
 public:
  virtual char const* getName() const noexcept = 0;
#if NV_TENSORRT_MAJOR >= 10
  virtual void setDimensions(Dims const& dimensions) noexcept = 0;
#else
  virtual void setDimensions(Dims dimensions) noexcept = 0;
#endif
  virtual Dims getDimensions() const noexcept = 0;
  virtual DataType getType() const noexcept = 0;
  virtual bool isNetworkInput() const noexcept = 0;
  virtual bool isNetworkOutput() const noexcept = 0;

 protected:
  ~ITensor() noexcept override = default;
};

class ILayer : public INoCopy {
 public:
  virtual LayerType getType() const noexcept = 0;
  virtual char const* getName() const noexcept = 0;
  virtual int32_t getNbInputs() const noexcept = 0;
  virtual ITensor* getInput(int32_t index) const noexcept = 0;
  virtual int32_t getNbOutputs() const noexcept = 0;
  virtual ITensor* getOutput(int32_t index) const noexcept = 0;

 protected:
  ~ILayer() noexcept override = default;
};

class INetworkDefinition : public INoCopy {
 public:
  ~INetworkDefinition() noexcept override = default;
  virtual int32_t getNbInputs() const noexcept = 0;
  virtual ITensor* getInput(int32_t index) const noexcept = 0;
  virtual int32_t getNbOutputs() const noexcept = 0;
  virtual ITensor* getOutput(int32_t index) const noexcept = 0;
  virtual void unmarkOutput(ITensor& tensor) noexcept = 0;
  virtual int32_t getNbLayers() const noexcept = 0;
  virtual ILayer* getLayer(int32_t index) const noexcept = 0;
};

class ITimingCache : public INoCopy {
 public:
  ~ITimingCache() noexcept override = default;
  virtual IHostMemory* serialize() const noexcept = 0;
};

#if NV_TENSORRT_MAJOR >= 10
/** Called from any thread of the builder. */
class IProgressMonitor : public IVersionedInterface {
 public:
  IProgressMonitor() = default;
  virtual ~IProgressMonitor() noexcept = default;
  InterfaceInfo getInterfaceInfo() const noexcept override { return {"IProgressMonitor", 1, 0}; }
  virtual void phaseStart(char const* phaseName, char const* parentPhase, int32_t nbSteps) noexcept = 0;
  virtual bool stepComplete(char const* phaseName, int32_t step) noexcept = 0;
  virtual void phaseFinish(char const* phaseName) noexcept = 0;
};
#endif

class IBuilderConfig : public INoCopy {
 public:
  ~IBuilderConfig() noexcept override = default;
  virtual void setFlag(BuilderFlag builderFlag) noexcept = 0;
  virtual void clearFlag(BuilderFlag builderFlag) noexcept = 0;
  virtual bool getFlag(BuilderFlag builderFlag) const noexcept = 0;
  virtual void setMemoryPoolLimit(MemoryPoolType pool, std::size_t poolSize) noexcept = 0;
  virtual std::size_t getMemoryPoolLimit(MemoryPoolType pool) const noexcept = 0;
  virtual ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept = 0;
  virtual bool setTimingCache(ITimingCache const& cache, bool ignoreMismatch) noexcept = 0;
  virtual ITimingCache const* getTimingCache() const noexcept = 0;
  virtual void setDefaultDeviceType(DeviceType deviceType) noexcept = 0;
  virtual void setDLACore(int32_t dlaCore) noexcept = 0;
#if EDGE_POSE_DOUBLE_TENSORRT >= 806
  virtual void setBuilderOptimizationLevel(int32_t level) noexcept = 0;
#endif
#if NV_TENSORRT_MAJOR >= 10
  virtual void setProgressMonitor(IProgressMonitor* monitor) noexcept = 0;
#endif
};

class IBuilder : public INoCopy {
 public:
  ~IBuilder() noexcept override = default;
  virtual INetworkDefinition* createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept = 0;
  virtual IBuilderConfig* createBuilderConfig() noexcept = 0;
  virtual IHostMemory* buildSerializedNetwork(INetworkDefinition& network,
                                              IBuilderConfig& config) noexcept = 0;
  virtual int32_t getNbDLACores() const noexcept = 0;
#if NV_TENSORRT_MAJOR < 11
  virtual bool platformHasFastFp16() const noexcept = 0;
#endif
};

}  // namespace nvinfer1

extern "C" void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept;

namespace nvinfer1 {
namespace {

inline IBuilder* createInferBuilder(ILogger& logger) noexcept {
  return static_cast<IBuilder*>(createInferBuilder_INTERNAL(&logger, NV_TENSORRT_VERSION));
}

}  // namespace
}  // namespace nvinfer1
