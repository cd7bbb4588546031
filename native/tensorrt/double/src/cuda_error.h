#pragma once

#include <cuda_runtime_api.h>

namespace sdk_double {

/** Remembers an error for cudaGetLastError of this thread, and returns it. */
cudaError_t report(cudaError_t error);

/** Why no call can succeed: no driver, no GPU, or a sticky error; reported. cudaSuccess: calls may. */
cudaError_t find_unusable();

}  // namespace sdk_double
