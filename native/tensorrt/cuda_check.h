#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "pose/engine.h"

namespace pose {

/** Throws EngineError where a CUDA call failed: ENGINE_OUT_OF_MEMORY where memory ran out, else
 * ENGINE_FAILED. `doing` ends the sentence "CUDA failed while …". */
inline void check_cuda(cudaError_t result, const std::string& doing) {
  if (result == cudaSuccess) return;
  cudaGetLastError();  // not left for the next call to find
  const bool memory = result == cudaErrorMemoryAllocation;
  throw EngineError(memory ? "ENGINE_OUT_OF_MEMORY" : "ENGINE_FAILED", "CUDA failed while " + doing + ": " +
                                                                           cudaGetErrorString(result) + " (" +
                                                                           cudaGetErrorName(result) + ")");
}

}  // namespace pose
