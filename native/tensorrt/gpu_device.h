#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pose/engine.h"

namespace pose {

/** Where a network runs: a GPU, or a deep learning accelerator (DLA) beside it that hands back to the GPU
 * what it cannot do. */
struct GpuDevice {
  std::string id;     ///< "GPU.0", "DLA.1"
  int index = 0;      ///< of the GPU
  int dla_core = -1;  ///< -1: none
  std::string name;   ///< the driver's own
  int major = 0;      ///< compute capability
  int minor = 0;
  int multiprocessors = 0;
  uint64_t memory_bytes = 0;
  bool integrated = false;  ///< shares the host's memory, as on a Jetson
};

/** GPUs, then the accelerators of the first. Throws EngineError ENGINE_DEVICE_ABSENT where there is no GPU,
 * or no driver for it. */
std::vector<GpuDevice> list_gpu_devices();

/** The device called `id`; "GPU", "AUTO" and "" mean the first GPU, "DLA" the first accelerator. Throws
 * EngineError ENGINE_DEVICE_ABSENT, and ENGINE_OPTION_INVALID for names that are no device of this engine. */
GpuDevice find_gpu_device(const std::string& id);

/** Makes the device that of the calling thread; to be called on every thread that uses it. */
void use_gpu_device(const GpuDevice& device);

}  // namespace pose
