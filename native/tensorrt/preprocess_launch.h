#pragma once

#include <cuda_runtime.h>

#include "preprocess.h"

namespace pose {

/** Fills the network's input on `stream`. `job` and `tensor` are addresses on the device; the job is read
 * when the kernel runs, not now. */
cudaError_t launch_preprocess(const PreprocessJob* job, PreprocessTarget target, float* tensor,
                              cudaStream_t stream);

}  // namespace pose
